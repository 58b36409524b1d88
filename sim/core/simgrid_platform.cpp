#include "sim/core/simgrid_platform.h"

#include <csignal>
#include <utility>

#include <xbt/log.h>
#include <simgrid/kernel/resource/Model.hpp>
#include <simgrid/kernel/resource/NetworkModelIntf.hpp>
#include <simgrid/kernel/routing/NetPoint.hpp>
#include <simgrid/kernel/routing/NetZoneImpl.hpp>
#include <simgrid/s4u/NetZone.hpp>

#include "models/units/check.h"

namespace cleave {
namespace sg = simgrid::s4u;
namespace sgk = simgrid::kernel;

/// A flat zone with one route, which it is told for each start.
class SimGridPlatform::Zone final : public sgk::routing::NetZoneImpl {
 public:
  Zone() : NetZoneImpl("platform") {}

  void add_link(sgk::resource::StandardLinkImpl* link) { links_.push_back(link); }
  void tell_route(const std::vector<LinkId>* route) { route_ = route; }

  void get_local_route(const sgk::routing::NetPoint* /*source*/, const sgk::routing::NetPoint* /*target*/,
                       sgk::routing::Route* into, double* /*latency*/) override {
    SIM_CHECK(route_ != nullptr, "SimGrid asks for a route though no flow starts");
    for (const LinkId id : *route_) {
      if (links_[id.index()] != nullptr) into->link_list_.push_back(links_[id.index()]);
    }
  }
  void get_graph(const s_xbt_graph_t* /*graph*/, std::map<std::string, xbt_node_t, std::less<>>* /*nodes*/,
                 std::map<std::string, xbt_edge_t, std::less<>>* /*edges*/) override {}

 private:
  std::vector<sgk::resource::StandardLinkImpl*> links_;  // by LinkId; nullptr: left out of the solver
  const std::vector<LinkId>* route_ = nullptr;
};

namespace {

/// SimGrid's defaults describe wide-area TCP; ours is plain max-min sharing (docs/adr/001-kernel-seam.md).
void configure() {
  xbt_log_control_set("root.thresh:critical");
  sg::Engine::set_config("network/model:CM02");
  sg::Engine::set_config("network/crosstraffic:0");
  sg::Engine::set_config("network/TCP-gamma:1e300");
  sg::Engine::set_config("surf/precision:1e-12");
  sg::Engine::set_config("maxmin/precision:1e-9");
}

/// The engine that waits for a platform, where one was made early.
std::unique_ptr<sg::Engine>& early_engine() {
  static std::unique_ptr<sg::Engine> engine;
  return engine;
}

std::unique_ptr<sg::Engine> make_engine() {
  static bool made = false;
  SIM_CHECK(!made, "one SimGrid engine per process: fork for a second run");
  made = true;
  static char name[] = "cleave";
  static char* arguments[] = {name, nullptr};
  int count = 1;
  struct sigaction on_interrupt {};
  sigaction(SIGINT, nullptr, &on_interrupt);
  xbt_log_control_set("root.thresh:critical");
  auto engine = std::make_unique<sg::Engine>(&count, arguments);
  sigaction(SIGINT, &on_interrupt, nullptr);  // the engine installs a handler of its own
  configure();
  return engine;
}

}  // namespace

void make_engine_early() {
  early_engine() = make_engine();
}

SimGridPlatform::SimGridPlatform(const Topology& topology, bool prune_links)
    : engine_(early_engine() ? std::move(early_engine()) : make_engine()) {
  zone_ = new Zone;
  sg::NetZone* zone = zone_->get_iface();
  const std::vector<bool> solved = topology.can_saturate();
  links_.assign(topology.links.size(), nullptr);
  for (std::size_t i = 0; i < topology.links.size(); ++i) {
    if (!prune_links || solved[i]) {
      links_[i] = zone->create_link("l" + std::to_string(i), topology.links[i].bandwidth.value());
      links_[i]->set_latency(0.0);
      links_[i]->seal();
    }
    zone_->add_link(links_[i] == nullptr ? nullptr : links_[i]->get_impl());
  }
  from_ = zone->create_host("from", 1e9)->seal();
  to_ = zone->create_host("to", 1e9)->seal();
  zone->seal();
  model_ = dynamic_cast<sgk::resource::Model*>(zone->get_network_model());
  SIM_CHECK(model_ != nullptr, "SimGrid's network model has another shape than 3.32's");
}

sg::CommPtr SimGridPlatform::make_flow() const {
  return sg::Comm::sendto_init(from_, to_);
}

sgk::resource::Action* SimGridPlatform::start(sg::Comm& flow, const std::vector<LinkId>& route) {
  zone_->tell_route(&route);
  flow.start();
  zone_->tell_route(nullptr);
  return &model_->get_started_action_set()->back();
}

bool SimGridPlatform::some_ended() const {
  return !model_->get_finished_action_set()->empty() || !model_->get_failed_action_set()->empty();
}

std::optional<double> SimGridPlatform::first_end() const {
  const double now = sg::Engine::get_clock();
  const double rest = model_->next_occurring_event(now);
  return rest < 0 ? std::nullopt : std::optional{now + rest};
}

}  // namespace cleave

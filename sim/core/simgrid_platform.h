#pragma once
// Private to sim/core: the platform as one flat SimGrid zone of our own.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <simgrid/kernel/resource/Action.hpp>
#include <simgrid/s4u/Comm.hpp>
#include <simgrid/s4u/Engine.hpp>
#include <simgrid/s4u/Host.hpp>
#include <simgrid/s4u/Link.hpp>

#include "sim/core/topology.h"

namespace cleave {

/// This process's engine. Call at most once, before any platform.
void make_engine_early();

/// Owns the engine. SimGrid knows links only: every flow goes from one host to one other, over the route that it is
/// told.
class SimGridPlatform {
 public:
  SimGridPlatform(const Topology& topology, bool prune_links);

  [[nodiscard]] simgrid::s4u::Engine& engine() { return *engine_; }
  /// A flow that is not started yet; its route is the one that SimGrid is told when it starts.
  [[nodiscard]] simgrid::s4u::CommPtr make_flow() const;
  /// Starts a flow over `route`. Result: its action, while it flows.
  simgrid::kernel::resource::Action* start(simgrid::s4u::Comm& flow, const std::vector<LinkId>& route);
  /// nullptr for a link that is left out of the solver.
  [[nodiscard]] simgrid::s4u::Link* link(LinkId link) const { return links_[link.index()]; }
  /// Whether flows have ended at this date, or were cancelled, of which SimGrid has not told yet: it runs timers first,
  /// and until then they keep their shares.
  [[nodiscard]] bool some_ended() const;
  /// When the first of the others ends if nothing changes; nullopt: none does.
  [[nodiscard]] std::optional<double> first_end() const;

 private:
  class Zone;

  std::unique_ptr<simgrid::s4u::Engine> engine_;
  Zone* zone_ = nullptr;  // owned by the engine
  simgrid::kernel::resource::Model* model_ = nullptr;
  simgrid::s4u::Host* from_ = nullptr;
  simgrid::s4u::Host* to_ = nullptr;
  std::vector<simgrid::s4u::Link*> links_;
};

}  // namespace cleave

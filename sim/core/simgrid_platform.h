#pragma once
// Private to sim/core: the platform as one flat SimGrid zone of our own.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <simgrid/kernel/resource/Action.hpp>
#include <simgrid/s4u/Engine.hpp>
#include <simgrid/s4u/Host.hpp>
#include <simgrid/s4u/Link.hpp>

#include "sim/core/topology.h"

namespace cleave {

/// This process's engine. Call at most once, before any platform.
void make_engine_early();

/// Owns the engine. One host a place; routes come from Topology, so that building is linear in places.
class SimGridPlatform {
 public:
  SimGridPlatform(const Topology& topology, bool prune_links);

  [[nodiscard]] simgrid::s4u::Engine& engine() { return *engine_; }
  [[nodiscard]] simgrid::s4u::Host* host(PlaceId place) const { return hosts_[place.index()]; }
  /// nullptr for a link that is left out of the solver.
  [[nodiscard]] simgrid::s4u::Link* link(LinkId link) const { return links_[link.index()]; }
  /// The action of the flow that was started last.
  [[nodiscard]] simgrid::kernel::resource::Action* last_started() const;
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
  std::vector<simgrid::s4u::Host*> hosts_;
  std::vector<simgrid::s4u::Link*> links_;
};

}  // namespace cleave

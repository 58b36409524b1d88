#pragma once
// The clock and every flow of a real run, by SimGrid. One per process.

#include <memory>

#include "sim/core/kernel.h"
#include "sim/core/topology.h"

namespace cleave {

struct SimGridOptions {
  /// Until a flow ends our own heap alone drives time; false sends every instant through SimGrid.
  bool skip_idle_engine = true;
  /// Leaves links that can never be a bottleneck out of the solver; false keeps every link.
  bool prune_links = true;
};

/// Builds the platform and the engine. Errors: none; a second kernel in one process is a bug.
std::unique_ptr<Kernel> make_simgrid_kernel(const Topology& topology, const SimGridOptions& options = {});

/// Makes this process's engine before there is a topology, which costs more than a short run: what is forked from here
/// on has it, each process a copy of its own. Call at most once, before any kernel. Errors: none.
void make_simgrid_engine_early();

}  // namespace cleave

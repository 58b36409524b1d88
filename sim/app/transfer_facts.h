#pragma once
// What a report says about how KV moves, each figure with where it comes from.

#include "sim/cluster/simulation.h"
#include "sim/report/run_facts.h"
#include "sim/scenario/catalogue.h"

namespace cleave {

/// The catalogue's entries that transfers of this run use; empty without hand-offs.
[[nodiscard]] std::vector<const CatalogueItem*> transfer_items(const Simulation& simulation,
                                                               const Catalogue& catalogue);

/// Adds the protocols' figures to what was derived, and says which pools' step times rest on assumptions.
void add_transfer_facts(RunFacts& facts, const Simulation& simulation);

}  // namespace cleave

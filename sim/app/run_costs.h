#pragma once
// What a run cost by the price list that its scenario names: the same lines as a plan's, from the same code.

#include <string>

#include "sim/cluster/simulation.h"
#include "sim/report/run_facts.h"
#include "sim/study/prices/price_list.h"

namespace cleave {

/// After a run with the list's prices (`priced`). Leaves the costs out where the list does not price a pool, and warns
/// of tiers that it does not price or of which more is used than can be had.
void add_listed_costs(RunFacts& facts, const std::string& summary, const Simulation& simulation,
                      const Catalogue& catalogue, const PriceList& prices);

}  // namespace cleave

#pragma once
// What a report says about the prices of steps.

#include "sim/cluster/simulation.h"
#include "sim/report/run_facts.h"
#include "sim/scenario/catalogue.h"

namespace cleave {

/// Coefficient files that the pools' steps are priced with, and the price list that is named: each once, by content.
void add_coefficient_files(RunFacts& facts, const Simulation& simulation, const Catalogue& catalogue);

/// After a run: what each pool's step time rests on, how many explained steps left the measured range, and a warning
/// where much of it is extrapolated or taken from another device. `facts.pools` holds the pools' busy times.
void add_prices(RunFacts& facts, const Simulation& simulation);

}  // namespace cleave

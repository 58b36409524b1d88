#pragma once
// What a report says of tiers and of the prefix index.

#include "sim/cluster/simulation.h"
#include "sim/report/run_facts.h"

namespace cleave {

void add_kv_facts(RunFacts& facts, const RunOutcome& outcome, const Simulation& simulation);

}  // namespace cleave

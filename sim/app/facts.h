#pragma once
// What a report says about the run beside its requests: gathered from the scenario, the plan and the outcome.

#include "sim/cluster/simulation.h"
#include "sim/report/run_facts.h"
#include "sim/scenario/catalogue.h"
#include "sim/scenario/load.h"

namespace cleave {

/// What is known before the run: pools, derived quantities with their sources, warnings, the catalogue's files.
[[nodiscard]] RunFacts facts_before(const LoadedScenario& loaded, const Simulation& simulation,
                                    const Catalogue& catalogue);

/// Adds what the run found out.
void add_outcome(RunFacts& facts, const RunOutcome& outcome, const Simulation& simulation);

/// Warns where a warm-up leaves nothing to measure.
void warn_of_empty_window(RunFacts& facts, const RunResults& results);

/// Input files of a scenario that are not there.
[[nodiscard]] std::vector<std::string> missing_inputs(const Scenario& scenario);

}  // namespace cleave

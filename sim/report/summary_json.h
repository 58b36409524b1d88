#pragma once
// summary.json: the run's results for programs.

#include <string>

#include "sim/metrics/results.h"
#include "sim/report/run_facts.h"

namespace cleave {

/// Keys carry their unit. Latencies, ratios and rates at the top are of the measured window and `full_run` has those of
/// the whole run; `requests`, `tokens`, `events`, `flows`, `pools`, `links` and costs are of the whole run. Undefined
/// numbers are null. Ends with a newline.
[[nodiscard]] std::string summary_json(const RunFacts& facts, const RunResults& results);

}  // namespace cleave

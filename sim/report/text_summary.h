#pragma once
// What a run prints for people.

#include <string>

#include "sim/metrics/results.h"
#include "sim/report/run_facts.h"

namespace cleave {

/// Before the run: derived quantities with their sources, and warnings. Empty when there are none.
[[nodiscard]] std::string opening_text(const RunFacts& facts, bool colour);

/// After the run.
[[nodiscard]] std::string text_summary(const RunFacts& facts, const RunResults& results, bool colour);

}  // namespace cleave

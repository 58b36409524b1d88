#pragma once
// Results for programs.

#include <string>

#include "calibration/fit/run.h"

namespace cleave::fit {

/// {"regions": [...], "laws": [...], "left_out": [...]}; errors in percent.
[[nodiscard]] std::string results_json(const RunResult& result);

}  // namespace cleave::fit

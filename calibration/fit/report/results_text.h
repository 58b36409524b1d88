#pragma once
// Results for people.

#include <string>

#include "calibration/fit/run.h"

namespace cleave::fit {

/// Tables of errors, region by region, each beside a plain roofline and pure interpolation; then the laws.
/// `details`: a line for each device too.
[[nodiscard]] std::string results_text(const RunResult& result, bool details);

}  // namespace cleave::fit

#pragma once
// Results as a page of documentation.

#include <string>

#include "calibration/fit/run.h"

namespace cleave::fit {

/// Markdown: every cell over all devices beside its target, a plain roofline and pure interpolation; then device by
/// device; then the laws.
[[nodiscard]] std::string results_table(const RunResult& result);

}  // namespace cleave::fit

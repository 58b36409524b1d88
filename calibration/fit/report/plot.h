#pragma once
// Predicted against measured times, as one page without any outside resource.

#include <string>
#include <vector>

#include "calibration/fit/errors.h"

namespace cleave::fit {

/// One drawing a family and region: logarithmic axes, one colour a device, the diagonal and a tenth to either side.
[[nodiscard]] std::string plot_page(const std::vector<RegionResult>& regions);

}  // namespace cleave::fit

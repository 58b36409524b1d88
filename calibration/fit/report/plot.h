#pragma once
// Predicted against measured times, drawn.

#include <filesystem>
#include <string>
#include <vector>

#include "calibration/fit/errors.h"

namespace cleave::fit {

/// One drawing a family and region: logarithmic axes, one colour a device, the diagonal and a tenth to either side.
/// A page without any outside resource.
[[nodiscard]] std::string plot_page(const std::vector<RegionResult>& results);

/// Writes that page as `index.html`, and each drawing as `<family>-<region>.svg`. Result: the files.
/// Errors: std::system_error naming what cannot be written.
std::vector<std::filesystem::path> write_plots(const std::vector<RegionResult>& results,
                                               const std::filesystem::path& folder);

}  // namespace cleave::fit

#pragma once
// Coefficient files: what a fit leaves for others, small enough to read.

#include <filesystem>
#include <string>
#include <vector>

#include "calibration/fit/run.h"

namespace cleave::fit {

/// JSON of one family on one device: where the rows came from, and for each variant its coefficients, the measured
/// range of every axis, how far form and residual are from the rows, and a thinned residual (at most `nodes` places of
/// a file, at least 8 a variant).
[[nodiscard]] std::string coefficients_json(const FittedTable& table, std::size_t nodes = 400);

/// Writes `hardware/<device>/<family>.json` for each under `catalogue`. Result: the files.
/// Errors: std::runtime_error naming what cannot be written.
std::vector<std::filesystem::path> write_coefficients(const std::vector<FittedTable>& tables,
                                                      const std::filesystem::path& catalogue);

}  // namespace cleave::fit

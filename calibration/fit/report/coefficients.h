#pragma once
// Coefficient files: what a fit leaves for the simulator, small enough to read. models/cost/fitted reads them.

#include <filesystem>
#include <string>
#include <vector>

#include "calibration/fit/run.h"

namespace cleave::fit {

/// One family on one device, in the format that models/cost/fitted/README.md describes. `source` says who measured.
/// The residual is thinned to about `nodes` shapes a file, beside those that an engine ran, which all stay.
[[nodiscard]] std::string coefficients_json(const FittedTable& table, const std::string& source,
                                            std::size_t nodes = 2000);

/// Writes `hardware/<device>/<family>.json` for each under `catalogue`. Result: the files.
/// Errors: std::runtime_error naming what cannot be written.
std::vector<std::filesystem::path> write_coefficients(const std::vector<FittedTable>& tables, const std::string& source,
                                                      const std::filesystem::path& catalogue);

/// `step.json` of the cost model, without the host's share: tables of forward passes do not have it.
[[nodiscard]] std::string step_json(const FittedSteps& steps, const std::string& source);
/// Writes it beside the kernels. Result: the file. Errors: the same.
std::filesystem::path write_steps(const FittedSteps& steps, const std::string& source,
                                  const std::filesystem::path& catalogue);

}  // namespace cleave::fit

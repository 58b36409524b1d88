#pragma once
// The whole of `cleave calibrate`: folders in, results out.

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "calibration/fit/errors.h"
#include "calibration/fit/laws.h"
#include "calibration/fit/steps/step_rows.h"
#include "calibration/fit/tables.h"

namespace cleave::fit {

/// What the catalogue knows; all borrowed.
struct Known {
  DeviceTable devices;
  ModelTable models;
  const DeviceSpec* step_device = nullptr;  // on which step tables were measured: they do not say
  std::filesystem::path hardware{};         // the catalogue's folder of devices: kernels of `step_device`
};

struct RunOptions {
  std::vector<std::string> only;  // names of families, "step" included; empty: all
  std::size_t rows = 2000;        // compared of one region and device, at most (held-out rows of one folder)
};

struct RunResult {
  std::vector<RegionResult> regions;
  std::vector<LawResult> laws;
  std::vector<std::string> left_out;  // what was found and not compared, and why
};

/// Holds out regions of one folder in turn. Errors: ConfigError; a folder without any table that is understood.
[[nodiscard]] RunResult evaluate_folder(const std::filesystem::path& folder, const Known& known,
                                        const RunOptions& options);

/// Fits one folder, compares with another. Errors: the same, for either.
[[nodiscard]] RunResult evaluate_folders(const std::filesystem::path& fit, const std::filesystem::path& test,
                                         const Known& known, const RunOptions& options);

/// A device's tables of one family, fitted in full, and the errors where parts were held out.
struct FittedTable {
  FittedDevice fitted;
  Dataset data;
  KernelErrors errors;
};
/// Fits all tables of devices that a folder holds.
[[nodiscard]] std::vector<FittedTable> fit_folder(const std::filesystem::path& folder, const Known& known,
                                                  const RunOptions& options);

/// What engines' steps take beside their kernels, fitted to the sweeps of all step tables that a folder holds.
struct FittedSteps {
  const DeviceSpec* device = nullptr;
  std::vector<double> coefficients;  // in the order of kStepCoefficients
  std::vector<std::string> folders;
};
/// Result: nullopt when there is none.
[[nodiscard]] std::optional<FittedSteps> fit_step_folder(const std::filesystem::path& folder, const Known& known,
                                                         const RunOptions& options);

/// Names that RunOptions::only may hold.
[[nodiscard]] std::vector<std::string> family_names();

}  // namespace cleave::fit

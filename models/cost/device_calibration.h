#pragma once
// What was measured on a device, from the catalogue's folder of it.

#include <filesystem>
#include <memory>
#include <vector>

#include "models/cost/operation_price.h"
#include "models/cost/step_overhead.h"
#include "models/hardware/device.h"

namespace cleave {

struct DeviceCalibration {
  KernelTables kernels;  // without a table, operations are priced by the device's overall efficiencies
  StepOverhead overhead;
};

/// The files that load_calibration reads, in order of their names.
[[nodiscard]] std::vector<std::filesystem::path> calibration_files(const std::filesystem::path& hardware,
                                                                   const DeviceSpec& device);

/// Reads `<hardware>/<name>/`: coefficient files of kernels, and `step.json`. `name` is the device's own, or else that
/// of DeviceSpec::kernels_of, whose prices are then scaled by the data sheets and marked as transferred. A device
/// without either has its overall efficiencies and the catalogue's fixed time of a step. Errors: ConfigError naming
/// file and reason.
[[nodiscard]] DeviceCalibration load_calibration(const std::filesystem::path& hardware, const DeviceSpec& device);

/// The same, read once in a process, whatever becomes of the files: children that are forked after the first call share
/// it.
[[nodiscard]] std::shared_ptr<const DeviceCalibration> shared_calibration(const std::filesystem::path& hardware,
                                                                          const DeviceSpec& device);

}  // namespace cleave

#pragma once
// What an engine's step takes beyond the sum of its kernels: offset, scale and launches, calibrated on sweeps.

#include <filesystem>
#include <vector>

#include "calibration/fit/evaluate.h"
#include "calibration/fit/steps/step_form.h"
#include "calibration/fit/steps/step_rows.h"

namespace cleave::fit {

/// Where steps were measured; borrowed.
struct StepDevice {
  const DeviceSpec* spec = nullptr;
  KernelTables kernels;  // its coefficient files; without, kernels are priced by the device's overall efficiencies
};

/// Coefficients of `step_seconds` from the sweeps of the tables.
[[nodiscard]] std::vector<double> fit_steps(const std::vector<StepTable>& tables, const StepDevice& device);

/// Steps logged in under 0.3 of what a roofline says are glitches of the log; they are left out of comparisons.
[[nodiscard]] bool is_glitch(const StepRow& row, double roofline_seconds);

/// Holds out: a quarter of each sweep; the real segments; each layout of a model that has others.
[[nodiscard]] std::vector<RegionResult> evaluate_steps(const std::vector<StepTable>& tables, const StepDevice& device);

/// Fits the sweeps of `known`, compares with `test`: real segments of known servers, all of unseen layouts of a known
/// model (fitted on its others), and of unseen models (fitted on all).
[[nodiscard]] std::vector<RegionResult> evaluate_steps_on(const std::vector<StepTable>& known,
                                                          const std::vector<StepTable>& test, const StepDevice& device);

}  // namespace cleave::fit

#pragma once
// What an engine's step takes beyond the sum of its kernels: an offset and a scale, calibrated on sweeps.

#include <array>
#include <vector>

#include "calibration/fit/evaluate.h"
#include "calibration/fit/steps/step_rows.h"
#include "models/cost/forms/step.h"
#include "models/hardware/device.h"

namespace cleave::fit {

/// The sum of a step's kernels on a device, as the roofline has it.
[[nodiscard]] StepWork step_work(const StepRow& row, const LlmSpec& model, const DeviceSpec& device,
                                 std::uint32_t tensor_ranks);

/// Coefficients of `step_seconds` from the sweeps of the tables.
[[nodiscard]] std::vector<double> fit_steps(const std::vector<const StepTable*>& tables, const DeviceSpec& device);

/// Steps logged in under 0.3 of what their kernels take are glitches of the log; they are left out of comparisons.
[[nodiscard]] bool is_glitch(const StepRow& row, const StepWork& work);

/// Holds out: a quarter of each sweep; the real segments; each number of ranks of a model that has others.
[[nodiscard]] std::vector<RegionResult> evaluate_steps(const std::vector<StepTable>& tables, const DeviceSpec& device);

/// Fits `known`, compares with the real segments of `test`: servers that are known, and unseen numbers of ranks.
[[nodiscard]] std::vector<RegionResult> evaluate_steps_on(const std::vector<StepTable>& known,
                                                          const std::vector<StepTable>& test, const DeviceSpec& device);

}  // namespace cleave::fit

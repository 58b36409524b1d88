#pragma once
// The default cost model: the sum of a step's operations, each priced by the best source of the device, then what the
// engine adds.

#include <memory>

#include "models/arch/layout.h"
#include "models/arch/llm_spec.h"
#include "models/cost/device_calibration.h"
#include "models/cost/engine_kernels.h"
#include "models/cost/explained_cost.h"
#include "models/hardware/device.h"

namespace cleave {

/// Prices steps of one replica: a batch's way through all pipeline stages. Prices of tokens are tabulated at
/// `token_knots` (those of captured graphs are padded to the next size), scans of decodes at `context_knots` for each
/// batch size; tables are filled as they are asked. `model` and `device` are borrowed, `calibration` is kept. Not for
/// use by several threads at once. Errors: none; the layout has passed `layout_problem`.
[[nodiscard]] std::unique_ptr<ExplainedCost> make_calibrated(const LlmSpec& model, const DeviceSpec& device,
                                                             const ReplicaLayout& layout,
                                                             std::shared_ptr<const DeviceCalibration> calibration,
                                                             const EngineKernels& kernels = {});

}  // namespace cleave

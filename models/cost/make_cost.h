#pragma once
// The cost models that a scenario can name.

#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "models/arch/layout.h"
#include "models/arch/llm_spec.h"
#include "models/cost/engine_kernels.h"
#include "models/cost/explained_cost.h"
#include "models/hardware/device.h"

namespace cleave {

struct CostModelEntry {
  std::string_view name;
  std::string_view help;
  std::unique_ptr<ExplainedCost> (*make)(const LlmSpec&, const DeviceSpec&, const ReplicaLayout&,
                                         const std::filesystem::path& hardware, const EngineKernels&);
};

/// In the order of listings; the first is the default.
[[nodiscard]] std::span<const CostModelEntry> cost_models();

/// By name. With pipeline stages a step is one batch's way through all of them: that several batches are in flight at
/// once is the engine's doing. `hardware` is the catalogue's folder of devices; `kernels`, which have passed their
/// problem functions, are ignored by rooflines. `model` and `device` are borrowed.
/// Errors: ConfigError for an unknown name, or a damaged coefficient file.
[[nodiscard]] std::unique_ptr<ExplainedCost> make_step_cost(std::string_view name, const LlmSpec& model,
                                                            const DeviceSpec& device, const ReplicaLayout& layout,
                                                            const std::filesystem::path& hardware,
                                                            const EngineKernels& kernels = {});

}  // namespace cleave

#pragma once
// A pool's parameters as the models see them.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/arch/layout.h"
#include "models/cost/engine_kernels.h"
#include "sim/scenario/scenario.h"

namespace cleave {

/// Result: nullopt for a number format that is not known.
[[nodiscard]] std::optional<ReplicaLayout> layout_of(const PoolParams& pool);

[[nodiscard]] EngineKernels kernels_of(const PoolParams& pool);

/// Why the pool's engine cannot run routed experts with the library it asks for. Reads the device's kernels, below
/// `hardware`, only if that is another than the usual one. Errors: ConfigError of a damaged coefficient file.
[[nodiscard]] std::optional<std::string> experts_problem(const PoolParams& pool, const LlmSpec& model,
                                                         const DeviceSpec& device,
                                                         const std::filesystem::path& hardware);

[[nodiscard]] std::vector<std::string_view> kv_dtype_names();
[[nodiscard]] std::vector<std::string_view> cost_model_names();

}  // namespace cleave

#pragma once
// A pool's parameters as the models see them.

#include <optional>
#include <string_view>
#include <vector>

#include "models/arch/layout.h"
#include "models/cost/engine_kernels.h"
#include "sim/scenario/scenario.h"

namespace cleave {

/// Result: nullopt for a number format that is not known.
[[nodiscard]] std::optional<ReplicaLayout> layout_of(const PoolParams& pool);

[[nodiscard]] EngineKernels kernels_of(const PoolParams& pool);

[[nodiscard]] std::vector<std::string_view> kv_dtype_names();
[[nodiscard]] std::vector<std::string_view> cost_model_names();

}  // namespace cleave

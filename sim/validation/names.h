#pragma once
// What measured runs call hardware and models, and what the catalogue calls them.

#include <optional>
#include <string>
#include <string_view>

#include "sim/scenario/catalogue.h"

namespace cleave {

/// The catalogue's entry for "RTXPRO6000", "b200_sxm", "NVIDIA-A100-SXM4-80GB". Result: nullopt where none is meant.
[[nodiscard]] std::optional<std::string> device_called(const Catalogue& catalogue, std::string_view name);

/// The catalogue's entry of the same architecture for "meta-llama/Llama-3.3-70B-Instruct-FP4": publisher, tuning and
/// number format are no part of it. Result: nullopt where none is meant.
[[nodiscard]] std::optional<std::string> model_called(const Catalogue& catalogue, std::string_view name);

/// "bf16", "fp8" or "fp4" where the name of a model tells it ("...-FP8", "...-NVFP4").
[[nodiscard]] std::optional<std::string> weight_dtype_in(std::string_view model);

}  // namespace cleave

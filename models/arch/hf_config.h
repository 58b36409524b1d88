#pragma once
// A model's shape from its Hugging Face config.json.

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "models/arch/llm_spec.h"

namespace cleave {

/// Reads a config.json. `name` becomes the entry's. Layers are grouped by kind; layers for multi-token prediction are
/// left out, as are vision and audio parts. Errors: ConfigError "file: reason" for a file that is no JSON, a field that
/// is absent or no number, and a model_type that is not known, with those that are.
[[nodiscard]] LlmSpec import_config(const std::filesystem::path& file, const std::string& name);

/// The same from a text; `file` names it in errors.
[[nodiscard]] LlmSpec import_config_text(std::string_view text, const std::string& file, const std::string& name);

/// Values of `model_type` that can be imported, in order.
[[nodiscard]] std::span<const std::string_view> known_model_types();

}  // namespace cleave

#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace cleave {

/// JSON as block-style YAML that any YAML reader reads back to the same values. Ends with a newline.
[[nodiscard]] std::string yaml_text(const nlohmann::ordered_json& value);

}  // namespace cleave

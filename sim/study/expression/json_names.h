#pragma once
// Names of expressions and columns, looked up in JSON: summary.json, or a resolved scenario.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "sim/study/expression/expression.h"

namespace cleave {

/// The node that "pools.decode.utilisation" or "pools[1].utilisation" names: a list's element by index or by its
/// `name`. Result: nullptr when there is none.
[[nodiscard]] const nlohmann::ordered_json* find_in_json(const nlohmann::ordered_json& root, std::string_view name);

/// The same as a value of an expression; texts that are quantities become numbers. Errors: nullopt when there is no
/// such node; a ConfigError when it is a list or map.
[[nodiscard]] std::optional<ExpressionValue> value_in_json(const nlohmann::ordered_json& root, std::string_view name);

/// "; did you mean `ttft_s.p99`?" or nothing: the nearest name of a number in the document.
[[nodiscard]] std::string suggestion_in_json(const nlohmann::ordered_json& root, std::string_view name);

}  // namespace cleave

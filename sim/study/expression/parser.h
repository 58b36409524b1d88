#pragma once
// Text -> the nodes of an expression.

#include <memory>
#include <string_view>

#include "sim/study/expression/nodes.h"

namespace cleave {

/// Errors: ConfigError with the text and the place in it.
[[nodiscard]] std::unique_ptr<Expression::Node> parse_expression(std::string_view text);

}  // namespace cleave

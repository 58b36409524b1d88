#pragma once
// A field that holds any YAML value as it was written: what a study sets somewhere else.

#include <nlohmann/json.hpp>

#include "sim/scenario/tree.h"
#include "sim/scenario/yaml_reader.h"

namespace cleave {

template <>
inline void read_value<Tree>(const ReadContext& context, Tree& value) {
  value = context.node;
}

/// The value as JSON: an unquoted number or truth value is one, everything else is text.
[[nodiscard]] nlohmann::ordered_json json_of_tree(const Tree& tree);

/// The value on one line, as YAML reads it back.
[[nodiscard]] std::string one_line(const Tree& tree);

}  // namespace cleave

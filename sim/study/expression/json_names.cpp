#include "sim/study/expression/json_names.h"

#include <fmt/format.h>

#include <vector>

#include "models/units/error.h"
#include "sim/scenario/diagnostics.h"
#include "sim/scenario/tree.h"

namespace cleave {
namespace {

using Json = nlohmann::ordered_json;

const Json* element_named(const Json& list, const std::string& name) {
  for (const Json& item : list) {
    const auto own = item.is_object() ? item.find("name") : item.end();
    if (item.is_object() && own != item.end() && *own == name) return &item;
  }
  return nullptr;
}

const Json* child(const Json& node, const PathStep& step) {
  if (step.is_index) return node.is_array() && step.index < node.size() ? &node[step.index] : nullptr;
  if (node.is_array()) return element_named(node, step.key);
  if (!node.is_object()) return nullptr;
  const auto found = node.find(step.key);
  return found == node.end() ? nullptr : &*found;
}

/// Names of all numbers below a node, to suggest from.
void collect(const Json& node, const std::string& prefix, std::vector<std::string>& names) {
  if (node.is_object()) {
    for (const auto& [key, value] : node.items()) collect(value, prefix.empty() ? key : prefix + "." + key, names);
  } else if (node.is_array()) {
    for (const Json& item : node) {
      if (item.is_object() && item.contains("name") && item["name"].is_string()) {
        collect(item, prefix + "." + item["name"].get<std::string>(), names);
      }
    }
  } else {
    names.push_back(prefix);
  }
}

}  // namespace

const Json* find_in_json(const Json& root, std::string_view name) {
  const auto steps = split_path(name);
  if (steps.empty()) return nullptr;
  const Json* node = &root;
  for (const PathStep& step : steps) {
    node = child(*node, step);
    if (node == nullptr) return nullptr;
  }
  return node;
}

std::optional<ExpressionValue> value_in_json(const Json& root, std::string_view name) {
  const Json* node = find_in_json(root, name);
  if (node == nullptr) return std::nullopt;
  if (node->is_null()) return ExpressionValue{};
  if (node->is_boolean()) return ExpressionValue{node->get<bool>() ? 1.0 : 0.0};
  if (node->is_number()) return ExpressionValue{node->get<double>()};
  if (node->is_string()) return value_of_text(node->get_ref<const std::string&>());
  throw ConfigError(fmt::format("`{}` is no single value", name));
}

std::string suggestion_in_json(const Json& root, std::string_view name) {
  std::vector<std::string> names;
  collect(root, "", names);
  const std::vector<std::string_view> views(names.begin(), names.end());
  return suggestion(name, views);
}

}  // namespace cleave

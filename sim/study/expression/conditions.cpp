#include "sim/study/expression/conditions.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "models/units/error.h"
#include "sim/study/expression/json_names.h"

namespace cleave {

Conditions::Conditions(const std::vector<std::string>& texts, std::string key) : key_(std::move(key)) {
  for (const std::string& text : texts) conditions_.push_back(Expression::parse(text));
}

bool Conditions::hold(const nlohmann::ordered_json& scenario) const {
  const NameLookup lookup = [&](std::string_view name) -> std::optional<ExpressionValue> {
    if (auto value = value_in_json(scenario, name)) return value;
    throw ConfigError(fmt::format("{}: the scenario has no `{}`{}", key_, name, suggestion_in_json(scenario, name)));
  };
  return std::all_of(conditions_.begin(), conditions_.end(),
                     [&](const Expression& condition) { return condition.number(lookup).value_or(0) != 0; });
}

}  // namespace cleave

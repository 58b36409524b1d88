#pragma once
// Conditions over a resolved scenario: what a study leaves out, and which points of it are compared.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "sim/study/expression/expression.h"

namespace cleave {

class Conditions {
 public:
  /// Errors: ConfigError for a text that is no expression. `key` names where they were written, in later errors.
  Conditions(const std::vector<std::string>& texts, std::string key);

  /// Whether all hold. What is undefined does not hold. Errors: ConfigError for a name that the scenario does not have,
  /// with the nearest.
  [[nodiscard]] bool hold(const nlohmann::ordered_json& scenario) const;

  [[nodiscard]] bool empty() const { return conditions_.empty(); }

 private:
  std::vector<Expression> conditions_;
  std::string key_;
};

}  // namespace cleave

#pragma once
// Errors that a user can cause. Bugs are SIM_CHECK (models/units/check.h).

#include <stdexcept>
#include <string>
#include <utility>

namespace cleave {

/// Bad input: a scenario, data file or flag. `what()` is the whole diagnostic, one line an error, each with
/// file:line:column, key path, value and what was expected. Only `main` catches it; exit code 2.
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace cleave

#pragma once
// Checks of parameters, with the key path in the message.

#include <fmt/format.h>

#include <cmath>
#include <string>
#include <string_view>

#include "models/units/error.h"

namespace cleave {

/// Throws "path.field: got value, expected ..." unless `condition` holds.
template <class Value>
void require(bool condition, const std::string& path, std::string_view field, const Value& value,
             std::string_view expected) {
  if (!condition) throw ConfigError(fmt::format("{}.{}: got {}, expected {}", path, field, value, expected));
}

inline void require_positive(double value, const std::string& path, std::string_view field) {
  require(std::isfinite(value) && value > 0, path, field, value, "more than zero");
}

inline void require_share(double value, const std::string& path, std::string_view field) {
  require(value >= 0 && value <= 1, path, field, value, "from 0 to 1");
}

}  // namespace cleave

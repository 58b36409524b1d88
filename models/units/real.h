#pragma once
// Counts in formulas.

#include <cstdint>

namespace cleave {

/// A count as a factor of a formula: exact below 2^53.
[[nodiscard]] constexpr double real(std::int64_t count) {
  return static_cast<double>(count);
}

}  // namespace cleave

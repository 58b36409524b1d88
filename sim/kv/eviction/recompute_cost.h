#pragma once
// What it is worth not to compute a prefix again.

#include "models/units/units.h"

namespace cleave {

/// Where in a prompt a token's attention costs as much as all its other work, about, for a dense model of 70 billion
/// parameters with grouped-query attention (Llama-3.1-70B: 53 thousand tokens).
inline constexpr double kAttentionEqualsLinear = 50'000;

/// Prefilling the first `tokens` of a prompt, in units of a token's work at position 0: work at position p is
/// 1 + p / 50 000, integrated.
[[nodiscard]] constexpr double recompute_cost(Tokens tokens) {
  const auto count = static_cast<double>(tokens.value());
  return count + count * count / 2 / kAttentionEqualsLinear;
}

}  // namespace cleave

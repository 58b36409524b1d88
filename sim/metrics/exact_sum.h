#pragma once
// Sums of nanoseconds that neither overflow nor depend on the order of addition.

#include <cstdint>

namespace cleave {

/// 128 bits: 10^12 requests of 10^6 seconds each fit.
using ExactSum = __int128;

/// The mean in seconds of `count` >= 1 durations that sum to `nanoseconds`.
[[nodiscard]] constexpr double mean_seconds(ExactSum nanoseconds, std::int64_t count) {
  return static_cast<double>(nanoseconds) / static_cast<double>(count) * 1e-9;
}

}  // namespace cleave

#pragma once
// What is told of many durations: moments, percentiles, and a curve to draw.

#include <cstdint>
#include <vector>

namespace cleave {

/// `fraction` of the values are at most `value` seconds.
struct CurvePoint {
  double value = 0;
  double fraction = 0;
};

/// Of at least one value, in seconds. Percentiles interpolate linearly between order statistics.
struct Distribution {
  std::int64_t count = 0;
  double mean = 0;
  double p50 = 0;
  double p90 = 0;
  double p95 = 0;
  double p99 = 0;
  double max = 0;
  std::vector<CurvePoint> curve;  // ascending in both; for drawing only
};

}  // namespace cleave

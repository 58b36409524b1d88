#pragma once
// How the bytes of a movement arrived over time, and what that means for whoever computes with them layer by layer.

#include <cstdint>
#include <vector>

#include "models/units/units.h"

namespace cleave {

/// Bytes arrived, piecewise linear between the moments at which rates changed.
class ArrivalCurve {
 public:
  /// Nothing has arrived up to `at`.
  void begin(TimePoint at) { points_ = {{at, 0.0}}; }
  /// `at` and `bytes` never go back.
  void add(TimePoint at, double bytes);

  [[nodiscard]] bool empty() const { return points_.empty(); }
  /// The first nanosecond not earlier than the arrival of so many bytes; of more than ever arrived, the last point.
  [[nodiscard]] TimePoint reached(double bytes) const;

 private:
  struct Point {
    TimePoint at;
    double bytes = 0;
  };
  std::vector<Point> points_;
};

/// When a step ends whose layers wait each for its own part of a load. Layer k of `layers` begins when layer k - 1 has
/// ended and its part is there: end(k) = max(end(k - 1), arrival(k)) + compute / layers. With a steady load behind a
/// set-up t0 that is t0 + bytes of a layer / rate + compute, or t0 + bytes / rate + one layer's compute, whichever is
/// later. Parts are equal and come in the layers' order; `compute` alone takes `layers` equal shares of it.
/// Source: ObjectCache, arXiv 2605.22850; LMCache's layer-wise retrieval.
[[nodiscard]] TimePoint layerwise_end(TimePoint start, Duration compute, std::uint32_t layers, const ArrivalCurve& load,
                                      Bytes bytes);

}  // namespace cleave

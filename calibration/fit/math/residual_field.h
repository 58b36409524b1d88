#pragma once
// A measured correction as a smooth function of where a kernel's shape lies.

#include <optional>
#include <span>
#include <vector>

#include "calibration/fit/math/neighbours.h"

namespace cleave::fit {

/// Interpolates scattered values by local kriging: the values of the nearest points, weighted as an exponential
/// covariance with measurement noise asks. Noise makes it smooth: a single odd value moves little.
/// Outside the box of the points a place is first moved to the box's side: the correction is held constant there.
class ResidualField {
 public:
  struct Options {
    std::size_t neighbours = 24;
    double range = 4;    // distance over which values forget each other
    double noise = 0.1;  // variance of a measurement, of the field's variance
  };

  ResidualField() : neighbours_({}) {}
  /// Shape: one value a point.
  ResidualField(std::vector<Coordinates> points, std::vector<double> values, Options options);

  /// Zero when there are no points.
  [[nodiscard]] double at(const Coordinates& place) const;
  [[nodiscard]] std::size_t size() const { return values_.size(); }
  [[nodiscard]] std::span<const Coordinates> points() const { return neighbours_.points(); }
  [[nodiscard]] std::span<const double> values() const { return values_; }

 private:
  [[nodiscard]] Coordinates inside(Coordinates place) const;

  Neighbours neighbours_;
  std::vector<double> values_;
  Options options_;
  Coordinates low_;
  Coordinates high_;
};

}  // namespace cleave::fit

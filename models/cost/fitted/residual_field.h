#pragma once
// A measured correction as a smooth function of where a kernel's shape lies.

#include <optional>
#include <span>
#include <vector>

#include "models/cost/fitted/neighbours.h"

namespace cleave {

/// Interpolates scattered values by local kriging: the values of the nearest points, weighted as an exponential
/// covariance with measurement noise asks. Noise makes it smooth: a single odd value moves little.
/// Outside the box of the points a place is first moved to the box's side: the correction is held constant there.
class ResidualField {
 public:
  static constexpr std::size_t kMostNeighbours = 32;

  /// A value and where it comes from.
  struct Reading {
    double value = 0;
    double outside = 0;  // distance to the box of the points; 0 inside
    double nearest = 0;  // distance to the nearest point, from the box's side if outside
  };

  ResidualField() : neighbours_({}) {}
  /// Shape: one value a point. Of `smoothing.neighbours` at most kMostNeighbours count.
  ResidualField(std::vector<Place> points, std::vector<double> values, Smoothing smoothing);

  /// Zero when there are no points. Allocates nothing; a few microseconds.
  [[nodiscard]] Reading read(const Place& place) const;
  [[nodiscard]] double at(const Place& place) const { return read(place).value; }
  [[nodiscard]] std::size_t size() const { return values_.size(); }
  [[nodiscard]] std::span<const Place> points() const { return neighbours_.points(); }
  [[nodiscard]] std::span<const double> values() const { return values_; }
  [[nodiscard]] const Smoothing& smoothing() const { return smoothing_; }

 private:
  [[nodiscard]] Place inside(Place place) const;

  Neighbours neighbours_;
  std::vector<double> values_;
  Smoothing smoothing_;
  Place low_;
  Place high_;
};

}  // namespace cleave

#pragma once
// A measured correction as a smooth function of where a kernel's shape lies.

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "models/cost/fitted/neighbours.h"

namespace cleave {

/// Interpolates scattered values by local kriging: the values of the nearest points, weighted as an exponential
/// covariance with measurement noise asks. Noise makes it smooth: a single odd value moves little. The field is the sum
/// of one that depends on all coordinates and of smaller ones that depend on some of them alone (`parts`): a shape
/// that was never measured shares those with shapes that were.
/// Outside the box of the points a place is first moved to the box's side: the correction is held constant there.
class ResidualField {
 public:
  static constexpr std::size_t kMostNeighbours = 32;
  static constexpr std::size_t kMostParts = 3;

  /// A value and where it comes from.
  struct Reading {
    double value = 0;
    double outside = 0;  // distance to the box of the points; 0 inside
    double nearest = 0;  // distance to the nearest point, from the box's side if outside
  };

  ResidualField() : neighbours_({}) {}
  /// Shape: one value a point. Of `smoothing.neighbours` at most kMostNeighbours count, of `parts` kMostParts.
  ResidualField(std::vector<Place> points, std::vector<double> values, Smoothing smoothing,
                std::span<const Coordinates> parts = {});

  /// Zero when there are no points. Allocates nothing; a few microseconds.
  [[nodiscard]] Reading read(const Place& place) const;
  [[nodiscard]] double at(const Place& place) const { return read(place).value; }
  [[nodiscard]] std::size_t size() const { return values_.size(); }
  [[nodiscard]] std::span<const Place> points() const { return neighbours_.points(); }
  [[nodiscard]] std::span<const double> values() const { return values_; }
  [[nodiscard]] const Smoothing& smoothing() const { return smoothing_; }
  [[nodiscard]] std::span<const Coordinates> parts() const { return {parts_.data(), part_count_}; }

 private:
  [[nodiscard]] Place inside(Place place) const;
  [[nodiscard]] double covariance(const Place& a, const Place& b) const;

  Neighbours neighbours_;
  std::vector<double> values_;
  Smoothing smoothing_;
  std::array<Coordinates, kMostParts> parts_{};
  std::size_t part_count_ = 0;
  Place low_;
  Place high_;
};

}  // namespace cleave

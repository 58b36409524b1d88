#include "models/cost/fitted/residual_field.h"

#include <algorithm>
#include <cmath>

namespace cleave {
namespace {

constexpr std::size_t kMost = ResidualField::kMostNeighbours;
constexpr double kPartShare = 0.5;  // variance of a part, of the variance of the field of all coordinates

/// Squared distance along some coordinates.
double square_along(const Place& squares, Coordinates coordinates) {
  double sum = 0;
  for (std::size_t i = 0; i < squares.size; ++i) {
    if ((coordinates >> i & 1U) != 0) sum += squares.at[i];
  }
  return sum;
}

/// A symmetric positive definite system, solved in place (Cholesky): its lower triangle becomes the factor.
struct System {
  std::array<std::array<double, kMost>, kMost> matrix;
  std::array<double, kMost> right;

  void solve(std::size_t n) {
    std::array<double, kMost> column;
    for (std::size_t k = 0; k < n; ++k) {
      // Column k is done; what remains is reduced by it row by row, whose elements do not wait for each other.
      column[k] = matrix[k][k] = std::sqrt(matrix[k][k]);
      right[k] /= column[k];
      for (std::size_t i = k + 1; i < n; ++i) {
        column[i] = matrix[i][k] /= column[k];
        right[i] -= column[i] * right[k];
        for (std::size_t j = k + 1; j <= i; ++j) matrix[i][j] -= column[i] * column[j];
      }
    }
    for (std::size_t i = n; i-- > 0;) {
      for (std::size_t k = i + 1; k < n; ++k) right[i] -= matrix[k][i] * right[k];
      right[i] /= matrix[i][i];
    }
  }
};

}  // namespace

ResidualField::ResidualField(std::vector<Place> points, std::vector<double> values, Smoothing smoothing,
                             std::span<const Coordinates> parts)
    : neighbours_(std::move(points)), values_(std::move(values)), smoothing_(smoothing) {
  smoothing_.neighbours = std::min(smoothing_.neighbours, kMost);
  part_count_ = std::min(parts.size(), kMostParts);
  std::copy_n(parts.begin(), part_count_, parts_.begin());
  if (values_.empty()) return;
  low_ = high_ = neighbours_.points()[0];
  for (const Place& point : neighbours_.points()) {
    for (std::size_t i = 0; i < point.size; ++i) {
      low_.at[i] = std::min(low_.at[i], point.at[i]);
      high_.at[i] = std::max(high_.at[i], point.at[i]);
    }
  }
}

Place ResidualField::inside(Place place) const {
  for (std::size_t i = 0; i < place.size; ++i) place.at[i] = std::clamp(place.at[i], low_.at[i], high_.at[i]);
  return place;
}

double ResidualField::covariance(const Place& a, const Place& b) const {
  Place squares;
  squares.size = a.size;
  double all = 0;
  for (std::size_t i = 0; i < a.size; ++i) {
    squares.at[i] = (a.at[i] - b.at[i]) * (a.at[i] - b.at[i]);
    all += squares.at[i];
  }
  double sum = std::exp(-std::sqrt(all) / smoothing_.range);
  for (const Coordinates part : parts()) {
    sum += kPartShare * std::exp(-std::sqrt(square_along(squares, part)) / smoothing_.range);
  }
  return sum / (1 + kPartShare * static_cast<double>(part_count_));
}

ResidualField::Reading ResidualField::read(const Place& place) const {
  if (values_.empty()) return {};
  const Place moved = inside(place);
  std::array<Neighbour, kMost> near{};
  const std::size_t n = neighbours_.nearest(moved, std::span(near).first(smoothing_.neighbours));
  System system;
  double mean = 0;
  for (std::size_t i = 0; i < n; ++i) {
    mean += values_[near[i].index] / static_cast<double>(n);
    const Place& point = points()[near[i].index];
    system.right[i] = covariance(moved, point);
    system.matrix[i][i] = 1 + smoothing_.noise;
    for (std::size_t j = 0; j < i; ++j) system.matrix[i][j] = covariance(point, points()[near[j].index]);
  }
  system.solve(n);
  double value = mean;
  for (std::size_t i = 0; i < n; ++i) value += system.right[i] * (values_[near[i].index] - mean);
  return {value, std::sqrt(square_distance(place, moved)), std::sqrt(near[0].square)};
}

}  // namespace cleave

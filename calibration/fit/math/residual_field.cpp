#include "calibration/fit/math/residual_field.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>

namespace cleave::fit {

ResidualField::ResidualField(std::vector<Coordinates> points, std::vector<double> values, Options options)
    : neighbours_(std::move(points)), values_(std::move(values)), options_(options) {
  if (values_.empty()) return;
  low_ = high_ = neighbours_.points()[0];
  for (const Coordinates& point : neighbours_.points()) {
    for (std::size_t i = 0; i < point.size; ++i) {
      low_.at[i] = std::min(low_.at[i], point.at[i]);
      high_.at[i] = std::max(high_.at[i], point.at[i]);
    }
  }
}

Coordinates ResidualField::inside(Coordinates place) const {
  for (std::size_t i = 0; i < place.size; ++i) place.at[i] = std::clamp(place.at[i], low_.at[i], high_.at[i]);
  return place;
}

double ResidualField::at(const Coordinates& place) const {
  if (values_.empty()) return 0;
  const std::vector<Neighbour> near = neighbours_.nearest(inside(place), options_.neighbours);
  const auto n = static_cast<Eigen::Index>(near.size());
  Eigen::MatrixXd covariance(n, n);
  Eigen::VectorXd cross(n);
  Eigen::VectorXd value(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const Neighbour& a = near[static_cast<std::size_t>(i)];
    cross[i] = std::exp(-std::sqrt(a.square) / options_.range);
    value[i] = values_[a.index];
    covariance(i, i) = 1 + options_.noise;
    for (Eigen::Index j = 0; j < i; ++j) {
      const Neighbour& b = near[static_cast<std::size_t>(j)];
      const double square = square_distance(points()[a.index], points()[b.index]);
      covariance(i, j) = covariance(j, i) = std::exp(-std::sqrt(square) / options_.range);
    }
  }
  const double mean = value.mean();
  const Eigen::VectorXd weights = covariance.llt().solve(cross);
  return mean + weights.dot((value.array() - mean).matrix());
}

}  // namespace cleave::fit

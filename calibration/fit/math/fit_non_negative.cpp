#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>

#include "calibration/fit/math/least_squares.h"

namespace cleave::fit {
namespace {

using Vector = Eigen::VectorXd;
using Matrix = Eigen::MatrixXd;
using Set = std::vector<Eigen::Index>;

constexpr int kReweightings = 20;
constexpr double kHuber = 0.05;  // of a relative difference

/// Unconstrained solution over the chosen columns, zero elsewhere. `normal` has a unit diagonal, nearly.
Vector solve_over(const Matrix& normal, const Vector& right, const Set& chosen) {
  const auto count = static_cast<Eigen::Index>(chosen.size());
  Matrix small(count, count);
  Vector target(count);
  for (Eigen::Index i = 0; i < count; ++i) {
    target[i] = right[chosen[static_cast<std::size_t>(i)]];
    for (Eigen::Index j = 0; j < count; ++j) {
      small(i, j) = normal(chosen[static_cast<std::size_t>(i)], chosen[static_cast<std::size_t>(j)]);
    }
  }
  const Vector solution = small.ldlt().solve(target);
  Vector out = Vector::Zero(right.size());
  for (Eigen::Index i = 0; i < count; ++i) out[chosen[static_cast<std::size_t>(i)]] = solution[i];
  return out;
}

/// Steps from a feasible point towards `wanted` until a number would turn negative; that one leaves the set.
void step_back(Vector& at, const Vector& wanted, Set& chosen) {
  double share = 1;
  for (const Eigen::Index i : chosen) {
    if (wanted[i] <= 0) share = std::min(share, at[i] / (at[i] - wanted[i]));
  }
  at += share * (wanted - at);
  std::erase_if(chosen, [&](Eigen::Index i) {
    const bool leaves = at[i] <= 1e-12;
    if (leaves) at[i] = 0;
    return leaves;
  });
}

Vector active_set(const Matrix& normal, const Vector& right) {
  const Eigen::Index n = right.size();
  Vector at = Vector::Zero(n);
  Set chosen;
  for (Eigen::Index round = 0; round < 3 * n; ++round) {
    const Vector gain = right - normal * at;
    Eigen::Index best = -1;
    for (Eigen::Index i = 0; i < n; ++i) {
      const bool free = std::find(chosen.begin(), chosen.end(), i) == chosen.end();
      if (free && gain[i] > 1e-9 && (best < 0 || gain[i] > gain[best])) best = i;
    }
    if (best < 0) break;
    chosen.push_back(best);
    for (;;) {
      const Vector wanted = solve_over(normal, right, chosen);
      const bool feasible = std::all_of(chosen.begin(), chosen.end(), [&](Eigen::Index i) { return wanted[i] > 0; });
      if (feasible) {
        at = wanted;
        break;
      }
      step_back(at, wanted, chosen);
      if (chosen.empty()) break;
    }
  }
  return at;
}

}  // namespace

std::vector<double> fit_non_negative(std::span<const double> rows, std::size_t columns,
                                     std::span<const double> measured) {
  const auto n = static_cast<Eigen::Index>(measured.size());
  const auto width = static_cast<Eigen::Index>(columns);
  Matrix relative(n, width);
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = 0; j < width; ++j) {
      relative(i, j) = rows[static_cast<std::size_t>(i * width + j)] / measured[static_cast<std::size_t>(i)];
    }
  }
  // Columns of like size: seconds a byte and seconds a kernel differ by many orders.
  Vector scale = relative.colwise().norm() / std::sqrt(static_cast<double>(std::max<Eigen::Index>(n, 1)));
  scale = scale.unaryExpr([](double s) { return s > 0 ? s : 1.0; });
  relative = relative * scale.cwiseInverse().asDiagonal();
  Vector weights = Vector::Ones(n);
  Vector at = Vector::Zero(width);
  for (int i = 0; i < kReweightings; ++i) {
    Matrix normal = relative.transpose() * weights.asDiagonal() * relative;
    normal.diagonal().array() += 1e-9;
    at = active_set(normal, relative.transpose() * weights);
    const Vector difference = relative * at - Vector::Ones(n);
    weights = difference.unaryExpr([](double d) { return std::abs(d) < kHuber ? 1.0 : kHuber / std::abs(d); });
  }
  std::vector<double> out(columns);
  for (std::size_t j = 0; j < columns; ++j) {
    out[j] = at[static_cast<Eigen::Index>(j)] / scale[static_cast<Eigen::Index>(j)];
  }
  return out;
}

}  // namespace cleave::fit

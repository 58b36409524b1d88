#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>

#include "calibration/fit/math/least_squares.h"

namespace cleave::fit {
namespace {

using Vector = Eigen::VectorXd;
using Matrix = Eigen::MatrixXd;

constexpr double kHuber = 0.1;   // of a logarithm: beyond, a difference counts linearly
constexpr double kPull = 0.02;   // weight of a squared logarithm to the initial value, in measurements
constexpr double kNudge = 1e-4;  // of a logarithm, for derivatives
constexpr int kIterations = 60;
constexpr double kEnough = 1e-7;  // relative gain below which it stops

class Problem {
 public:
  Problem(std::span<const Coefficient> table, std::span<const double> measured,
          const std::function<void(Coefficients, std::span<double>)>& predict)
      : table_(table), measured_(measured), predict_(predict), values_(table.size()), times_(measured.size()) {}

  [[nodiscard]] Vector start() const {
    Vector at(size());
    for (Eigen::Index i = 0; i < at.size(); ++i) at[i] = std::log(coefficient(i).initial);
    return at;
  }

  void clamp(Vector& at) const {
    for (Eigen::Index i = 0; i < at.size(); ++i) {
      at[i] = std::clamp(at[i], std::log(coefficient(i).low), std::log(coefficient(i).high));
    }
  }

  [[nodiscard]] std::vector<double> values(const Vector& at) const {
    std::vector<double> result(table_.size());
    for (Eigen::Index i = 0; i < at.size(); ++i) result[static_cast<std::size_t>(i)] = std::exp(at[i]);
    return result;
  }

  /// log(predicted / measured) of every row.
  [[nodiscard]] Vector differences(const Vector& at) {
    values_ = values(at);
    predict_(values_, times_);
    Vector out(static_cast<Eigen::Index>(measured_.size()));
    for (std::size_t i = 0; i < measured_.size(); ++i) {
      out[static_cast<Eigen::Index>(i)] = std::log(times_[i] / measured_[i]);
    }
    return out;
  }

  [[nodiscard]] double loss(const Vector& differences, const Vector& at) const {
    double sum = kPull * (at - start()).squaredNorm();
    for (const double d : differences) {
      const double size = std::abs(d);
      sum += size < kHuber ? d * d : 2 * kHuber * size - kHuber * kHuber;
    }
    return sum;
  }

  [[nodiscard]] Matrix slopes(const Vector& at, const Vector& here) {
    Matrix jacobian(here.size(), at.size());
    for (Eigen::Index i = 0; i < at.size(); ++i) {
      Vector moved = at;
      // Steps inwards, so that a bound is never crossed.
      const double step = at[i] + kNudge > std::log(coefficient(i).high) ? -kNudge : kNudge;
      moved[i] += step;
      jacobian.col(i) = (differences(moved) - here) / step;
    }
    return jacobian;
  }

  [[nodiscard]] Eigen::Index size() const { return static_cast<Eigen::Index>(table_.size()); }

 private:
  [[nodiscard]] const Coefficient& coefficient(Eigen::Index i) const { return table_[static_cast<std::size_t>(i)]; }

  std::span<const Coefficient> table_;
  std::span<const double> measured_;
  const std::function<void(Coefficients, std::span<double>)>& predict_;
  std::vector<double> values_;
  std::vector<double> times_;
};

}  // namespace

std::vector<double> fit_log(std::span<const Coefficient> table, std::span<const double> measured,
                            const std::function<void(Coefficients, std::span<double>)>& predict) {
  Problem problem(table, measured, predict);
  const Vector start = problem.start();
  Vector at = start;
  Vector here = problem.differences(at);
  double loss = problem.loss(here, at);
  double damping = 1e-2;
  for (int i = 0; i < kIterations; ++i) {
    const Matrix jacobian = problem.slopes(at, here);
    const Vector weights = here.unaryExpr([](double d) { return std::abs(d) < kHuber ? 1.0 : kHuber / std::abs(d); });
    Matrix normal = jacobian.transpose() * weights.asDiagonal() * jacobian;
    normal.diagonal().array() += kPull;
    const Vector gradient = jacobian.transpose() * weights.asDiagonal() * here + kPull * (at - start);
    double gain = 0;
    for (int attempt = 0; attempt < 8 && gain <= 0; ++attempt) {
      Matrix damped = normal;
      damped.diagonal() *= 1 + damping;
      Vector next = at - damped.ldlt().solve(gradient);
      problem.clamp(next);
      const Vector there = problem.differences(next);
      const double next_loss = problem.loss(there, next);
      gain = loss - next_loss;
      if (gain > 0) {
        at = next;
        here = there;
        loss = next_loss;
      }
      damping = gain > 0 ? std::max(1e-8, damping / 5) : damping * 6;
    }
    if (gain <= kEnough * loss) break;
  }
  return problem.values(at);
}

}  // namespace cleave::fit

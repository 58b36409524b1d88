#include "sim/metrics/batch_means.h"

#include <cmath>
#include <numeric>
#include <vector>

#include "sim/metrics/student.h"

namespace cleave {
namespace {

constexpr std::size_t kGroup = 5;
constexpr std::size_t kFewestGroups = 10;
constexpr std::size_t kShortestRest = 5;  // groups: of fewer the standard error is a matter of luck

std::vector<double> grouped(std::span<const double> values) {
  std::vector<double> groups;
  for (std::size_t i = 0; i + kGroup <= values.size(); i += kGroup)
    groups.push_back(mean_of(values.subspan(i, kGroup)));
  return groups;
}

}  // namespace

double mean_of(std::span<const double> values) {
  if (values.empty()) return 0;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::optional<std::size_t> mser5(std::span<const double> values) {
  const std::vector<double> groups = grouped(values);
  if (groups.size() < kFewestGroups) return std::nullopt;
  std::size_t best = 0;
  double best_error = 0;
  for (std::size_t cut = 0; cut + kShortestRest <= groups.size(); ++cut) {
    const std::span<const double> rest(groups.begin() + static_cast<std::ptrdiff_t>(cut), groups.end());
    const double mean = mean_of(rest);
    double squares = 0;
    for (const double value : rest) squares += (value - mean) * (value - mean);
    const auto count = static_cast<double>(rest.size());
    const double error = squares / (count * count);
    if (cut == 0 || error < best_error) {
      best = cut;
      best_error = error;
    }
  }
  if (2 * best > groups.size()) return std::nullopt;
  return best * kGroup;
}

std::optional<MeanEstimate> estimate_mean(std::span<const double> batch_means, double confidence) {
  const std::size_t n = batch_means.size();
  if (n < 2) return std::nullopt;
  MeanEstimate out;
  out.batches = n;
  out.mean = mean_of(batch_means);
  double squares = 0;
  double neighbours = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double off = batch_means[i] - out.mean;
    squares += off * off;
    if (i > 0) neighbours += off * (batch_means[i - 1] - out.mean);
  }
  const double error = std::sqrt(squares / static_cast<double>(n - 1) / static_cast<double>(n));
  out.half_width = student_quantile(0.5 + confidence / 2, static_cast<double>(n - 1)) * error;
  out.correlation = squares > 0 ? neighbours / squares : 0;
  return out;
}

Trend trend_of(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  if (values.size() < 3) return {};
  const double middle = (n - 1) / 2;
  const double mean = mean_of(values);
  double xx = 0;
  double xy = 0;
  double yy = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double x = static_cast<double>(i) - middle;
    xx += x * x;
    xy += x * (values[i] - mean);
    yy += (values[i] - mean) * (values[i] - mean);
  }
  Trend trend;
  trend.slope = xy / xx;
  const double left_over = std::max(0.0, yy - trend.slope * xy);
  const double error = std::sqrt(left_over / (n - 2) / xx);
  trend.t_value = error > 0 ? trend.slope / error : 0;
  return trend;
}

}  // namespace cleave

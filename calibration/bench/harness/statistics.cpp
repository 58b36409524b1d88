#include "calibration/bench/harness/statistics.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "models/units/check.h"

namespace cleave::bench {
namespace {

double at_fraction(const std::vector<double>& sorted, double fraction) {
  const double place = std::clamp(fraction, 0.0, 1.0) * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

std::vector<double> sorted_copy(std::span<const double> values) {
  SIM_CHECK(!values.empty(), "a statistic of no values");
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

}  // namespace

double quantile(std::span<const double> values, double fraction) {
  return at_fraction(sorted_copy(values), fraction);
}

double MedianEstimate::relative_error() const {
  return median > 0 ? 0.5 * (high - low) / median : 0;
}

MedianEstimate estimate_median(std::span<const double> values) {
  const std::vector<double> sorted = sorted_copy(values);
  const double n = static_cast<double>(sorted.size());
  MedianEstimate result{at_fraction(sorted, 0.5), sorted.front(), sorted.back()};
  if (sorted.size() < 6) return result;
  const double reach = 0.98 * std::sqrt(n);
  const auto low = static_cast<std::size_t>(std::max(0.0, std::floor(0.5 * n - reach)));
  const auto high = static_cast<std::size_t>(std::min(n - 1, std::ceil(0.5 * n + reach)));
  result.low = sorted[low];
  result.high = sorted[high];
  return result;
}

}  // namespace cleave::bench

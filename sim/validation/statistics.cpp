#include "sim/validation/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace cleave {
namespace {

std::vector<double> ranks_of(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t end = first + 1;
    while (end < order.size() && values[order[end]] == values[order[first]]) ++end;
    const double shared = (static_cast<double>(first) + static_cast<double>(end) - 1) / 2;
    for (std::size_t i = first; i < end; ++i) ranks[order[i]] = shared;
    first = end;
  }
  return ranks;
}

}  // namespace

std::optional<double> quantile_of(std::vector<double> values, int permille) {
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  const double at = static_cast<double>(values.size() - 1) * permille / 1000;
  const auto below = static_cast<std::size_t>(at);
  if (below + 1 >= values.size()) return values.back();
  return values[below] + (at - static_cast<double>(below)) * (values[below + 1] - values[below]);
}

double median_of(std::vector<double> values) {
  return quantile_of(std::move(values), 500).value_or(0);
}

std::optional<double> rank_correlation(std::span<const double> a, std::span<const double> b) {
  if (a.size() != b.size() || a.size() < 3) return std::nullopt;
  const std::vector<double> x = ranks_of(a);
  const std::vector<double> y = ranks_of(b);
  const double middle = (static_cast<double>(a.size()) - 1) / 2;
  double xy = 0;
  double xx = 0;
  double yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - middle) * (y[i] - middle);
    xx += (x[i] - middle) * (x[i] - middle);
    yy += (y[i] - middle) * (y[i] - middle);
  }
  if (xx == 0 || yy == 0) return std::nullopt;
  return xy / std::sqrt(xx * yy);
}

std::optional<double> series_error(std::span<const double> measured, std::span<const double> simulated) {
  const double peak = measured.empty() ? 0 : *std::max_element(measured.begin(), measured.end());
  if (peak <= 0) return std::nullopt;
  const std::size_t length = std::max(measured.size(), simulated.size());
  double sum = 0;
  for (std::size_t i = 0; i < length; ++i) {
    const double m = i < measured.size() ? measured[i] : 0;
    const double s = i < simulated.size() ? simulated[i] : 0;
    sum += std::abs(m - s);
  }
  return sum / static_cast<double>(length) / peak;
}

std::optional<double> stretched_series_error(std::span<const double> measured, double factor) {
  std::vector<double> before{0};  // up to the end of each second
  for (const double value : measured) before.push_back(before.back() + value);
  const auto total_until = [&](double second) {
    const double within = std::clamp(second, 0.0, static_cast<double>(measured.size()));
    const auto whole = std::min(static_cast<std::size_t>(within), measured.size() - 1);
    return before[whole] + (within - static_cast<double>(whole)) * measured[whole];
  };
  std::vector<double> stretched;
  for (std::size_t i = 0; i < measured.size(); ++i) {
    const auto second = static_cast<double>(i);
    stretched.push_back(total_until((second + 1) / factor) - total_until(second / factor));
  }
  return series_error(measured, stretched);
}

}  // namespace cleave

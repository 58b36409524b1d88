#pragma once
// Order statistics of repeated timings. No assumption about their distribution: timings have one-sided tails.

#include <span>

namespace cleave::bench {

/// Value at `fraction` of the sorted values, linear between neighbours. Needs at least one value, any order.
[[nodiscard]] double quantile(std::span<const double> values, double fraction);

/// Median and the interval that holds the true median with 95 % confidence.
struct MedianEstimate {
  double median = 0;
  double low = 0;
  double high = 0;
  /// Half of the interval's width over the median.
  [[nodiscard]] double relative_error() const;
};

/// The interval is that of the sign test (ranks n/2 -+ 0.98 sqrt(n)); below 6 values it is the whole range, which then
/// covers less than 95 %. Needs at least one value.
[[nodiscard]] MedianEstimate estimate_median(std::span<const double> values);

}  // namespace cleave::bench

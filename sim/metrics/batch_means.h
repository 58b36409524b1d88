#pragma once
// Output analysis of one run: where its warm-up ends, and how sure a mean of correlated values is.

#include <cstddef>
#include <optional>
#include <span>

namespace cleave {

/// Zero of no values.
[[nodiscard]] double mean_of(std::span<const double> values);

/// How many of the first values belong to the warm-up by the MSER-5 rule: values are averaged in fives, and the cut is
/// where the squared standard error of what is left is smallest. Result: nullopt for fewer than 50 values, or when the
/// smallest is found in the second half: then the rule says that the series is too short or has not settled.
/// Source: White, Cobb, Spratt: A comparison of five steady-state truncation heuristics for simulation (WSC 2000).
[[nodiscard]] std::optional<std::size_t> mser5(std::span<const double> values);

/// A mean, and how far the true one may be from it.
struct MeanEstimate {
  double mean = 0;
  double half_width = 0;  // of the two-sided confidence interval
  std::size_t batches = 0;
  double correlation = 0;  // of neighbouring batches; near zero when the batches are long enough
};

/// The mean of batch means and its interval by Student's t. Errors: nullopt for fewer than two batches.
[[nodiscard]] std::optional<MeanEstimate> estimate_mean(std::span<const double> batch_means, double confidence);

/// A straight line through equally spaced values.
struct Trend {
  double slope = 0;    // a value's growth to the next
  double t_value = 0;  // slope over its standard error; 0 where that is not defined
};
[[nodiscard]] Trend trend_of(std::span<const double> values);

}  // namespace cleave

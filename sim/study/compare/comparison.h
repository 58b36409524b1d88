#pragma once
// Two sets of repeated runs, metric by metric: how far they are apart, how sure that is, and what follows from it.
//
// The effect of a metric is the ratio of the head's mean to the base's, less one (or their difference, where the margin
// is absolute). A ratio r is tested exactly as "the mean of head - r * base is zero", so that the base's own noise
// counts (Fieller 1954): by a paired t test where both sides have the same seeds, by Welch's otherwise.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cleave {

enum class Better : std::uint8_t { lower, higher };

/// How much worse is still no worse: a share of the base's mean, or an amount in the metric's unit.
struct Margin {
  double value = 0.01;
  bool absolute = false;
};

struct GatedMetric {
  std::string name;  // in summary.json
  Better better = Better::lower;
  Margin margin;
};

/// A metric's value by seed.
using SeedValues = std::map<std::uint64_t, double>;

/// Moments of the means of two samples.
struct TwoMeans {
  double base = 0;
  double head = 0;
  double base_variance = 0;  // of the mean
  double head_variance = 0;
  double covariance = 0;  // zero unless paired
  std::size_t base_count = 0;
  std::size_t head_count = 0;
  bool paired = false;
};
/// Pairs when both sides have exactly the same seeds. Shape: each side has a value.
[[nodiscard]] TwoMeans two_means(const SeedValues& base, const SeedValues& head);

enum class Verdict : std::uint8_t { better, no_worse, worse, inconclusive };
[[nodiscard]] std::string_view name_of(Verdict verdict);

struct MetricComparison {
  GatedMetric metric;
  TwoMeans means;
  double effect = 0;          // relative or absolute, as the margin; positive: the head's is larger
  std::optional<double> low;  // the effect's interval; absent where it cannot be given
  std::optional<double> high;
  double p_worse = 1;          // that the head is no worse at all would look like this; adjusted over all metrics
  double p_better = 1;         // that the head is no better at all, adjusted
  double p_beyond_margin = 1;  // that the head is worse by the margin or more
  Verdict verdict = Verdict::inconclusive;
  std::string reason;  // of an inconclusive verdict
};

/// One metric without the verdict. `error` is that of each one-sided test, and of each end of the interval.
[[nodiscard]] MetricComparison measure(const GatedMetric& metric, const TwoMeans& means, double error);

/// Holm's step-down adjustment: p values under which the chance of any false rejection is kept. Same order as given.
[[nodiscard]] std::vector<double> holm(const std::vector<double>& p);

/// Adjusts and judges. No worse: the margin is surely not reached (each metric by itself: all must hold to pass).
/// Better, worse: surely any change to that side, with the chance of a single false one among all metrics below
/// `error`. Anything else is inconclusive.
void judge(std::vector<MetricComparison>& metrics, double error);

/// The worst verdict: worse, then inconclusive, then no worse, then better. Of nothing: inconclusive.
[[nodiscard]] Verdict overall(const std::vector<MetricComparison>& metrics);

}  // namespace cleave

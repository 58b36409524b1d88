#include "sim/study/compare/comparison.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "models/units/check.h"
#include "sim/metrics/student.h"

namespace cleave {
namespace {

struct Moments {
  double mean = 0;
  double variance = 0;  // of the mean; 0 for a single value
};

Moments moments_of(const SeedValues& values) {
  Moments out;
  const auto n = static_cast<double>(values.size());
  for (const auto& [seed, value] : values) out.mean += value / n;
  for (const auto& [seed, value] : values) out.variance += (value - out.mean) * (value - out.mean);
  out.variance = n > 1 ? out.variance / (n - 1) / n : 0;
  return out;
}

bool same_seeds(const SeedValues& a, const SeedValues& b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](const auto& x, const auto& y) { return x.first == y.first; });
}

/// head - ratio * base: its mean, and the variance of that mean.
double combined_variance(const TwoMeans& m, double ratio) {
  const double variance = m.head_variance - 2 * ratio * m.covariance + ratio * ratio * m.base_variance;
  const double scale = m.head_variance + ratio * ratio * m.base_variance;
  return variance > 1e-14 * scale ? variance : 0;  // what is left of equal terms is rounding
}

/// Degrees of freedom: pairs less one, or Welch's.
double degrees(const TwoMeans& m, double ratio) {
  const auto nb = static_cast<double>(m.base_count);
  const auto nh = static_cast<double>(m.head_count);
  if (m.paired) return nb - 1;
  const double b = ratio * ratio * m.base_variance;
  const double h = m.head_variance;
  const double below = (nb > 1 ? b * b / (nb - 1) : 0) + (nh > 1 ? h * h / (nh - 1) : 0);
  return below > 0 ? (b + h) * (b + h) / below : nb + nh - 2;
}

/// P of seeing a mean of head - ratio * base this large or larger, if its true value were `shift`.
double p_above(const TwoMeans& m, double ratio, double shift) {
  const double mean = m.head - ratio * m.base - shift;
  const double variance = combined_variance(m, ratio);
  if (variance == 0) return mean > 0 ? 0 : 1;
  const double nu = degrees(m, ratio);
  return nu > 0 ? 1 - student_cdf(mean / std::sqrt(variance), nu) : 1;
}
double p_below(const TwoMeans& m, double ratio, double shift) {
  const double mean = m.head - ratio * m.base - shift;
  const double variance = combined_variance(m, ratio);
  if (variance == 0) return mean < 0 ? 0 : 1;
  const double nu = degrees(m, ratio);
  return nu > 0 ? student_cdf(mean / std::sqrt(variance), nu) : 1;
}

void add_absolute_interval(MetricComparison& out, double error) {
  const TwoMeans& m = out.means;
  const double nu = degrees(m, 1);
  const double variance = combined_variance(m, 1);
  const double half = variance == 0 ? 0 : nu > 0 ? student_quantile(1 - error, nu) * std::sqrt(variance) : INFINITY;
  if (!std::isfinite(half)) return;
  out.low = out.effect - half;
  out.high = out.effect + half;
}

/// Fieller's interval of the ratio: where (head - r base)^2 = t^2 var(head - r base).
void add_relative_interval(MetricComparison& out, double error) {
  const TwoMeans& m = out.means;
  const double ratio = m.head / m.base;
  if (combined_variance(m, ratio) == 0) {
    out.low = out.high = out.effect;
    return;
  }
  const double nu = degrees(m, ratio);
  if (!(nu > 0)) return;
  const double t = student_quantile(1 - error, nu);
  const double a = m.base * m.base - t * t * m.base_variance;
  const double b = m.head * m.base - t * t * m.covariance;
  const double c = m.head * m.head - t * t * m.head_variance;
  const double under_root = b * b - a * c;
  if (a <= 0 || under_root < 0) return;  // the base cannot be told from zero
  out.low = (b - std::sqrt(under_root)) / a - 1;
  out.high = (b + std::sqrt(under_root)) / a - 1;
}

int rank(Verdict verdict) {
  switch (verdict) {
    case Verdict::better:
      return 0;
    case Verdict::no_worse:
      return 1;
    case Verdict::inconclusive:
      return 2;
    case Verdict::worse:
      return 3;
  }
  return 2;
}

}  // namespace

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::better:
      return "better";
    case Verdict::no_worse:
      return "no worse";
    case Verdict::worse:
      return "worse";
    case Verdict::inconclusive:
      return "inconclusive";
  }
  return {};
}

TwoMeans two_means(const SeedValues& base, const SeedValues& head) {
  SIM_CHECK(!base.empty() && !head.empty(), "a comparison of nothing");
  const Moments b = moments_of(base);
  const Moments h = moments_of(head);
  TwoMeans out{b.mean, h.mean, b.variance, h.variance, 0, base.size(), head.size(), same_seeds(base, head)};
  const auto n = static_cast<double>(base.size());
  if (!out.paired || n < 2) return out;
  for (const auto& [seed, value] : base) out.covariance += (value - b.mean) * (head.at(seed) - h.mean);
  out.covariance /= (n - 1) * n;
  return out;
}

MetricComparison measure(const GatedMetric& metric, const TwoMeans& means, double error) {
  MetricComparison out;
  out.metric = metric;
  out.means = means;
  const double margin = metric.margin.value;
  const bool lower = metric.better == Better::lower;
  if (metric.margin.absolute) {
    out.effect = means.head - means.base;
    add_absolute_interval(out, error);
    out.p_beyond_margin = lower ? p_below(means, 1, margin) : p_above(means, 1, -margin);
  } else if (means.base > 0) {
    out.effect = means.head / means.base - 1;
    add_relative_interval(out, error);
    out.p_beyond_margin = lower ? p_below(means, 1 + margin, 0) : p_above(means, 1 - margin, 0);
  } else if (means.base == 0 && means.head == 0 && combined_variance(means, 1) == 0) {
    out.low = out.high = 0;
    out.p_beyond_margin = 0;
  } else {
    out.reason = "the base's mean is not above zero: give an absolute margin";
    return out;
  }
  if (means.paired && means.base == means.head && combined_variance(means, 1) == 0) out.p_beyond_margin = 0;  // equal
  out.p_worse = lower ? p_above(means, 1, 0) : p_below(means, 1, 0);
  out.p_better = lower ? p_below(means, 1, 0) : p_above(means, 1, 0);
  if (std::min(means.base_count, means.head_count) < 2 && means.base != means.head) {
    out.p_worse = out.p_better = out.p_beyond_margin = 1;  // one run says nothing of the noise
    out.low.reset();
    out.high.reset();
    out.reason = "one seed does not tell an effect from noise";
  }
  return out;
}

std::vector<double> holm(const std::vector<double>& p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  std::vector<double> adjusted(p.size());
  double largest = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    largest = std::max(largest, std::min(1.0, static_cast<double>(p.size() - i) * p[order[i]]));
    adjusted[order[i]] = largest;
  }
  return adjusted;
}

void judge(std::vector<MetricComparison>& metrics, double error) {
  std::vector<double> worse;
  std::vector<double> better;
  for (const MetricComparison& m : metrics) {
    worse.push_back(m.p_worse);
    better.push_back(m.p_better);
  }
  worse = holm(worse);
  better = holm(better);
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    MetricComparison& m = metrics[i];
    m.p_worse = worse[i];
    m.p_better = better[i];
    const bool within = m.p_beyond_margin < error;
    if (within) {
      m.verdict = m.p_better < error ? Verdict::better : Verdict::no_worse;
    } else if (m.p_worse < error) {
      m.verdict = Verdict::worse;
    } else {
      m.verdict = Verdict::inconclusive;
      if (m.reason.empty())
        m.reason = "the interval reaches beyond the margin: more seeds or a wider margin would decide";
    }
  }
}

Verdict overall(const std::vector<MetricComparison>& metrics) {
  if (metrics.empty()) return Verdict::inconclusive;
  const auto worst = std::max_element(metrics.begin(), metrics.end(),
                                      [](const auto& a, const auto& b) { return rank(a.verdict) < rank(b.verdict); });
  return worst->verdict;
}

}  // namespace cleave

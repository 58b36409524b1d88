#pragma once
// When a point has been measured often enough.

#include <cstddef>
#include <vector>

#include "calibration/bench/harness/statistics.h"

namespace cleave::bench {

struct StoppingRule {
  std::size_t min_repeats = 5;
  std::size_t max_repeats = 60;
  /// Half-width of the median's interval, relative to the median.
  double relative_error = 0.01;
  /// Stops after min_repeats once this much time was measured, precise or not.
  double max_seconds = 0.05;
};

/// Collects the timings of one point, in milliseconds.
class Sampler {
 public:
  explicit Sampler(const StoppingRule& rule) : rule_(rule) {}

  /// `milliseconds` is what is kept; `spent_seconds` what it cost to measure (a repeat may time several launches).
  void add(double milliseconds, double spent_seconds);
  [[nodiscard]] bool done() const;
  [[nodiscard]] std::size_t repeats() const { return values_.size(); }
  /// Needs at least one value.
  [[nodiscard]] MedianEstimate estimate() const { return estimate_median(values_); }

 private:
  StoppingRule rule_;
  std::vector<double> values_;
  double spent_ = 0;
};

}  // namespace cleave::bench

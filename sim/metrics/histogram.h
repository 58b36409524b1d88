#pragma once
// Counts of durations in log-linear buckets: constant time to add, constant memory, bounded relative error.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "models/units/check.h"
#include "models/units/units.h"
#include "sim/metrics/distribution.h"
#include "sim/metrics/exact_sum.h"

namespace cleave {

/// Durations below 256 ns have a bucket each; every octave above is cut into 128 equal buckets. A quantile is off by at
/// most half a bucket: 1/256 of the value. The mean and the largest value are exact.
class Histogram {
 public:
  static constexpr double kRelativeError = 1.0 / 256;

  Histogram() : counts_(kBuckets) {}

  /// Adds `count` times the same duration. Neither may be negative.
  void add(Duration duration, std::int64_t count = 1) {
    const std::int64_t ns = duration.count();
    SIM_CHECK((ns | count) >= 0, "a histogram was given a negative duration or count");
    counts_[bucket_of(static_cast<std::uint64_t>(ns))] += count;
    total_ += count;
    sum_ += static_cast<ExactSum>(ns) * count;
    if (count > 0 && ns > max_) max_ = ns;
  }

  void merge(const Histogram& other);

  [[nodiscard]] std::int64_t count() const { return total_; }
  [[nodiscard]] ExactSum sum() const { return sum_; }

  /// In seconds, by linear interpolation between order statistics, each within kRelativeError of the true one.
  /// Errors: nullopt when empty. `permille` is 0 ... 1000.
  [[nodiscard]] std::optional<double> quantile(int permille) const;

  /// Errors: nullopt when empty.
  [[nodiscard]] std::optional<Distribution> distribution() const;

  /// The cumulative distribution at no more than about `points` places.
  [[nodiscard]] std::vector<CurvePoint> curve(std::size_t points) const;

 private:
  static constexpr int kOctaveBits = 7;
  static constexpr std::size_t kPerOctave = std::size_t{1} << kOctaveBits;
  static constexpr std::size_t kBuckets = kPerOctave * (63 - kOctaveBits + 1);

  static std::size_t bucket_of(std::uint64_t ns) {
    const auto shift = static_cast<unsigned>(std::bit_width(ns | (2 * kPerOctave - 1)) - kOctaveBits - 1);
    return (static_cast<std::size_t>(shift) << kOctaveBits) + static_cast<std::size_t>(ns >> shift);
  }
  /// The bucket's middle in nanoseconds.
  static double middle_of(std::size_t bucket);
  /// The order statistic `rank` (from 0), in nanoseconds, or the largest value where the bucket reaches beyond it.
  [[nodiscard]] double ranked(std::int64_t rank) const;

  std::vector<std::int64_t> counts_;
  std::int64_t total_ = 0;
  ExactSum sum_ = 0;
  std::int64_t max_ = 0;
};

}  // namespace cleave

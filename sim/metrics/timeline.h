#pragma once
// Samples of the pools over time, in bounded memory.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "models/units/units.h"
#include "sim/metrics/records.h"

namespace cleave {

struct TimelineRow {
  TimePoint time;
  PoolId pool;
  PoolSample sample;
};

/// Samples taken at one time form a tick. When more rows than the limit would be kept, every second tick is forgotten
/// and from then on half as many are kept, so that the interval doubles and the whole run stays covered. The first tick
/// is always kept.
class Timeline {
 public:
  static constexpr std::size_t kMaxRows = 20'000;

  explicit Timeline(std::size_t max_rows = kMaxRows) : max_rows_(max_rows) {}

  /// Times never decrease; the pools of one time come one after another.
  void add(TimePoint time, PoolId pool, const PoolSample& sample);

  /// In order of time, then as they were added.
  [[nodiscard]] const std::vector<TimelineRow>& rows() const { return rows_; }
  /// One tick in so many was kept.
  [[nodiscard]] std::uint64_t stride() const { return stride_; }

 private:
  void thin();

  std::size_t max_rows_;
  std::vector<TimelineRow> rows_;
  std::optional<TimePoint> last_time_;
  std::uint64_t tick_ = 0;    // of last_time_
  std::uint64_t stride_ = 1;  // kept ticks are its multiples
};

}  // namespace cleave

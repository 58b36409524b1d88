#include "sim/metrics/timeline.h"

#include "models/units/check.h"

namespace cleave {

void Timeline::add(TimePoint time, PoolId pool, const PoolSample& sample) {
  SIM_CHECK(!last_time_ || time >= *last_time_, "a timeline went back in time");
  if (last_time_ && time > *last_time_) ++tick_;
  last_time_ = time;
  if (tick_ % stride_ != 0) return;
  const bool starts_tick = rows_.empty() || rows_.back().time != time;
  if (starts_tick && rows_.size() >= max_rows_) thin();
  if (tick_ % stride_ == 0) rows_.push_back({time, pool, sample});
}

void Timeline::thin() {
  std::size_t kept = 0;
  std::uint64_t tick = 0;  // among the ticks that are kept now
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (i > 0 && rows_[i].time != rows_[i - 1].time) ++tick;
    if (tick % 2 == 0) rows_[kept++] = rows_[i];
  }
  rows_.resize(kept);
  stride_ *= 2;
}

}  // namespace cleave

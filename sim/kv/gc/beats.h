#pragma once
// Messages that holders send at fixed intervals, heard or lost: worked out when somebody asks, never simulated one by
// one.

#include <cstdint>
#include <optional>

#include "models/units/units.h"
#include "sim/core/rng.h"
#include "sim/kv/gc/claim.h"

namespace cleave {

/// Beat k of every holder leaves at k times the interval. Whether it is lost depends on the holder, on whom it is for
/// and on k alone: asking earlier, later or more often changes nothing.
class Beats {
 public:
  Beats(Duration interval, Duration latency, double loss, const Rng& rng)
      : interval_(interval), latency_(latency), loss_(loss), rng_(rng) {}

  [[nodiscard]] Duration interval() const { return interval_; }
  [[nodiscard]] bool lossless() const { return loss_ <= 0; }

  /// When the last beat left that was sent after `after`, before `until`, and was heard by `now`.
  [[nodiscard]] std::optional<TimePoint> last_heard(ClaimantId from, KeeperId by, TimePoint after, TimePoint until,
                                                    TimePoint now) const;
  /// Beats sent after `from` and before `until`.
  [[nodiscard]] std::uint64_t sent(TimePoint from, TimePoint until) const;

 private:
  [[nodiscard]] std::int64_t upto(TimePoint time) const { return time.time_since_epoch() / interval_; }
  /// The last beat that left before `time`.
  [[nodiscard]] std::int64_t before(TimePoint time) const { return upto(time - Duration{1}); }
  [[nodiscard]] bool lost(ClaimantId from, KeeperId by, std::int64_t beat) const;

  Duration interval_;
  Duration latency_;
  double loss_;
  Rng rng_;
};

}  // namespace cleave

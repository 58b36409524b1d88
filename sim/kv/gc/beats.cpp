#include "sim/kv/gc/beats.h"

#include <algorithm>

namespace cleave {

bool Beats::lost(ClaimantId from, KeeperId by, std::int64_t beat) const {
  if (lossless()) return false;
  Rng draw = rng_.below(from.value()).below(by.value()).below(static_cast<std::uint64_t>(beat));
  return uniform01(draw) < loss_;
}

std::optional<TimePoint> Beats::last_heard(ClaimantId from, KeeperId by, TimePoint after, TimePoint until,
                                           TimePoint now) const {
  if (now.time_since_epoch() < latency_) return std::nullopt;
  for (std::int64_t beat = std::min(upto(now - latency_), before(until)); beat > upto(after); --beat) {
    if (!lost(from, by, beat)) return TimePoint{beat * interval_};
  }
  return std::nullopt;
}

std::uint64_t Beats::sent(TimePoint from, TimePoint until) const {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, before(until) - upto(from)));
}

}  // namespace cleave

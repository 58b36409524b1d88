#pragma once
// How much of a memory was in which state for how long: exact, and summing to capacity times time.

#include <array>
#include <cstdint>

#include "models/units/check.h"
#include "models/units/units.h"

namespace cleave {

/// What a byte of a tier is doing. active: read or written by whoever holds it. idle: reusable content that nobody
/// holds. in_flight: on its way in, not yet readable. leased: kept for a reader that has not come. orphaned: kept for
/// nobody.
enum class KvState : std::uint8_t { active, idle, in_flight, leased, orphaned, free };
inline constexpr std::size_t kKvStates = 6;

/// Counts of equal units by state, integrated over time. All units are free at the start.
class StateMeter {
 public:
  explicit StateMeter(std::int64_t units = 0) : units_(units) { count(KvState::free) = units; }

  /// Times never go back.
  void move(KvState from, KvState to, TimePoint now, std::int64_t units = 1) {
    if (from == to) return;
    if (now != last_) advance(now);
    count(from) -= units;
    count(to) += units;
    SIM_CHECK(count(from) >= 0, "more of a tier left a state than was in it");
  }
  /// Says how many are in each state now, at once.
  void set(const std::array<std::int64_t, kKvStates>& counts, TimePoint now) {
    if (now != last_) advance(now);
    counts_ = counts;
  }

  [[nodiscard]] std::int64_t now_in(KvState state) const { return counts_[static_cast<std::size_t>(state)]; }
  /// Unit-seconds in a state up to `now`.
  [[nodiscard]] double unit_seconds(KvState state, TimePoint now) const {
    return static_cast<double>(area(static_cast<std::size_t>(state), now)) * 1e-9;
  }
  /// The states sum to capacity times time, to the unit and nanosecond; a bug aborts.
  void check(TimePoint now) const {
    Area sum = 0;
    for (std::size_t s = 0; s < kKvStates; ++s) sum += area(s, now);
    SIM_CHECK(sum == static_cast<Area>(units_) * static_cast<Area>((now - kStartOfTime).count()),
              "a tier's states do not sum to its capacity times time");
  }

 private:
  __extension__ using Area = __int128;  // 10^8 blocks for 10^13 ns

  std::int64_t& count(KvState state) { return counts_[static_cast<std::size_t>(state)]; }
  [[nodiscard]] Area area(std::size_t state, TimePoint now) const {
    return areas_[state] + static_cast<Area>(counts_[state]) * static_cast<Area>((now - last_).count());
  }
  [[gnu::noinline]] void advance(TimePoint now) {
    SIM_CHECK(now >= last_, "a meter's time went back");
    for (std::size_t s = 0; s < kKvStates; ++s) areas_[s] = area(s, now);
    last_ = now;
  }

  std::int64_t units_;
  std::array<std::int64_t, kKvStates> counts_{};
  std::array<Area, kKvStates> areas_{};
  TimePoint last_;
};

}  // namespace cleave

#pragma once
// One holder's events on their way to an index: batches, sequence numbers, delay, losses, gaps.

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>

#include "sim/core/rng.h"
#include "sim/kv/index/prefix_index.h"

namespace cleave {

struct FeedParams {
  Duration delay{};
  Duration batch_interval{};
  double loss = 0;
  Resync resync = Resync::replay;
  Duration resync_delay{};
  Tokens block_size{16};
};

struct FeedEvent {
  enum class Kind : std::uint8_t { stored, removed, cleared };
  TimePoint at;
  KeySet keys;  // not of `cleared`
  Kind kind = Kind::stored;
};

/// Events in the order of their times; what has arrived by a moment is taken out at once, in order. A batch leaves at
/// the end of its interval; events of one instant are one batch when there is no interval.
class EventFeed {
 public:
  EventFeed(const FeedParams& params, Rng losses) : params_(params), losses_(losses) {}

  /// Returns whether it is kept as an event of its own; otherwise it became part of the one before.
  bool append(const FeedEvent& event);
  [[nodiscard]] std::size_t pending() const { return log_.size(); }
  [[nodiscard]] TimePoint last_time() const { return log_.back().at; }
  /// No batch is known of before; TimePoint::max() if none is under way.
  [[nodiscard]] TimePoint next_known() const {
    return log_.empty() ? TimePoint::max() : leaves(log_.front().at) + params_.delay;
  }
  /// Calls fn(event) for the next ones, at most `most`.
  template <class Fn>
  void for_next(std::size_t most, const Fn& fn) const {
    for (std::size_t i = 0; i < std::min(most, log_.size()); ++i) fn(log_[i]);
  }

  /// Calls apply(event, arrives) for each event that the index knows of by `now`, in order; of lost ones that nobody
  /// sends again `arrives` is false. All events earlier than `now` must have been appended.
  template <class Apply>
  void deliver(TimePoint now, IndexCounters& counters, const Apply& apply) {
    while (const auto batch = next_batch(now, counters)) {
      for (; !log_.empty() && log_.front().at <= batch->until; log_.pop_front()) apply(log_.front(), batch->arrives);
    }
  }
  /// Takes out everything that was appended: the index gets it by another way.
  template <class Apply>
  void skip(const Apply& apply) {
    for (; !log_.empty(); log_.pop_front()) apply(log_.front(), false);
    gap_closes_.reset();
  }

  /// The latest moment of which everything is known at `now`.
  [[nodiscard]] TimePoint as_of(TimePoint now) const;

 private:
  struct Batch {
    TimePoint until;  // of its last event
    bool arrives = true;
  };
  [[nodiscard]] TimePoint leaves(TimePoint event) const;
  [[nodiscard]] bool lost(std::uint64_t number) const;
  /// The next batch, if it has been known by `now`, lost ones that are not sent again included.
  std::optional<Batch> next_batch(TimePoint now, IndexCounters& counters);
  /// When the gap that the next batch leaves is found: the next one that is not lost arrives. nullopt: not by `now`.
  [[nodiscard]] std::optional<TimePoint> gap_found(TimePoint now);
  [[nodiscard]] std::uint64_t bytes_until(TimePoint until) const;

  FeedParams params_;
  Rng losses_;
  std::deque<FeedEvent> log_;
  std::uint64_t sent_ = 0;               // batches taken out: the next one's number
  std::uint64_t replayed_ = 0;           // batches below this number come with a replay that is under way or done
  std::optional<TimePoint> gap_closes_;  // nothing is applied before
};

}  // namespace cleave

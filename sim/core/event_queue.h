#pragma once
// All events of a run, in the total order (time, phase, rank, sequence).

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/core/kernel.h"

namespace cleave {

/// A 4-ary heap with cancellation. Arming and running allocate nothing once the queue has reached its size.
class EventQueue {
 public:
  struct Event {
    TimePoint time;
    Order order;
    EventFn fn;
  };

  EventId push(TimePoint time, Order order, EventFn fn);
  void cancel(EventId event);
  /// Time of the earliest live event.
  [[nodiscard]] std::optional<TimePoint> next_time();
  /// Removes and returns the earliest live event. The queue must not be empty.
  Event pop();
  [[nodiscard]] std::size_t size() const { return live_; }

 private:
  struct Entry {
    std::int64_t time;
    std::uint64_t order;  // phase above rank
    std::uint64_t sequence;
    std::uint32_t slot;
    std::uint32_t generation;
    bool operator<(const Entry& other) const {
      if (time != other.time) return time < other.time;
      if (order != other.order) return order < other.order;
      return sequence < other.sequence;
    }
  };
  struct Slot {
    EventFn fn;
    std::uint32_t generation = 1;
  };

  void sift_up(std::size_t at);
  void sift_down(std::size_t at);
  void remove_top();
  void drop_dead();
  void compact();

  std::vector<Entry> heap_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::uint64_t sequence_ = 0;
  std::size_t live_ = 0;
};

/// Packs (phase, rank) so that smaller runs earlier.
[[nodiscard]] constexpr std::uint64_t pack(Order order) {
  return (static_cast<std::uint64_t>(order.phase) << 32) | order.rank;
}

/// How far the running instant has come. Within one instant it never goes back: an event that a later one arms for the
/// same instant runs after it, whatever its own place in the order.
class InstantProgress {
 public:
  void run(TimePoint time, Order order) {
    reached_ = time == now_ ? std::max(reached_, pack(order)) : pack(order);
    now_ = time;
  }
  [[nodiscard]] bool has_passed(TimePoint time, Order order) const {
    return time < now_ || (time == now_ && pack(order) <= reached_);
  }

 private:
  TimePoint now_;
  std::uint64_t reached_ = 0;
};

}  // namespace cleave

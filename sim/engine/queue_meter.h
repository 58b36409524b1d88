#pragma once
// Little's law, kept as two independent integer sums over one queue.

#include <cstdint>

#include "models/units/check.h"
#include "models/units/units.h"

namespace cleave {

/// Integrates the queue's length over time, and sums the waits of those who left. Both are exact.
class QueueMeter {
 public:
  void enter(TimePoint now) {
    advance(now);
    ++length_;
  }
  void leave(TimePoint entered, TimePoint now) {
    advance(now);
    --length_;
    ++left_;
    waited_ns_ += (now - entered).count();
  }
  [[nodiscard]] std::int64_t length() const { return length_; }
  [[nodiscard]] std::int64_t left() const { return left_; }
  [[nodiscard]] std::int64_t waited_ns() const { return waited_ns_; }
  [[nodiscard]] std::int64_t area_ns(TimePoint now) const { return area_ns_ + length_ * (now - last_).count(); }
  /// With the queue empty, mean length x time == number x mean wait.
  void check_empty_and_balanced() const {
    SIM_CHECK(length_ == 0, "someone still waits in a queue that should be empty");
    SIM_CHECK(area_ns_ == waited_ns_, "Little's law does not hold for a queue");
  }

 private:
  void advance(TimePoint now) {
    area_ns_ += length_ * (now - last_).count();
    last_ = now;
  }
  TimePoint last_;
  std::int64_t length_ = 0;
  std::int64_t left_ = 0;
  std::int64_t area_ns_ = 0;
  std::int64_t waited_ns_ = 0;
};

}  // namespace cleave

#pragma once
// One class's traffic, before classes are merged.

#include <cstdint>
#include <optional>

#include "models/units/units.h"
#include "sim/workload/request.h"

namespace cleave {

/// Hands out session ids, dense over all classes, in the order in which sessions begin.
class SessionCounter {
 public:
  [[nodiscard]] SessionId next() { return SessionId{count_++}; }

 private:
  std::size_t count_ = 0;
};

/// What a source wants to be told when a request ends: its own name of it.
using SourceTicket = std::uint32_t;

/// The same contract as Workload, for one class. Ids come from outside, as they are dense over all classes.
class TrafficSource {
 public:
  virtual ~TrafficSource() = default;

  [[nodiscard]] virtual std::optional<TimePoint> next_arrival() = 0;
  /// Fills everything of `out` except its class; `out.id` is given. The ticket comes back with finished().
  [[nodiscard]] virtual SourceTicket emit(Request& out) = 0;
  virtual void finished(SourceTicket ticket, const Completion& completion) = 0;
  [[nodiscard]] virtual std::optional<std::uint64_t> expected_requests() const = 0;
  [[nodiscard]] virtual std::uint64_t abandoned_turns() const = 0;
};

}  // namespace cleave

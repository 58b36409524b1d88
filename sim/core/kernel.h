#pragma once
// The one clock. Everything above sim/core sees time, events and flows through this interface.

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "models/units/units.h"
#include "sim/core/callback.h"

namespace cleave {

/// What happens first among events of one nanosecond. Lower runs earlier.
enum class Phase : std::uint8_t {
  fault,     // scripted failures and repairs
  transfer,  // flows that ended
  arrival,   // requests reach the frontend
  decision,  // hand-offs, retries, timers of the control plane
  step,      // replicas end and begin their steps; ranked by replica
  observe,   // samples for the time series: see everything else of this instant
};

/// Position of an event in the total order (time, phase, rank, sequence). `rank` orders events of one phase whose
/// sequence would depend on when they were armed (a replica's steps: the replica's number); others use rank 0.
struct Order {
  Phase phase;
  std::uint32_t rank = 0;
};

class EventId {
 public:
  EventId() = default;
  EventId(std::uint32_t slot, std::uint32_t generation) : slot_(slot), generation_(generation) {}
  [[nodiscard]] std::uint32_t slot() const { return slot_; }
  [[nodiscard]] std::uint32_t generation() const { return generation_; }

 private:
  std::uint32_t slot_ = 0;
  std::uint32_t generation_ = 0;  // 0: no event
};

/// Names one flow for its lifetime; stale ids are recognised.
class FlowId {
 public:
  FlowId() = default;
  FlowId(std::uint32_t slot, std::uint32_t generation) : slot_(slot), generation_(generation) {}
  [[nodiscard]] std::uint32_t slot() const { return slot_; }
  [[nodiscard]] std::uint32_t generation() const { return generation_; }
  bool operator==(const FlowId&) const = default;

 private:
  std::uint32_t slot_ = 0;
  std::uint32_t generation_ = 0;  // 0: no flow
};

enum class FlowEnd : std::uint8_t { done, failed };  // failed: a link on its route is down

/// Bytes that move from one place to another, sharing links max-min with every other flow.
struct FlowSpec {
  PlaceId from;
  PlaceId to;
  Bytes bytes;
  std::optional<BytesPerSecond> rate_cap;
};

using EventFn = Callback<void()>;
using FlowFn = Callback<void(FlowEnd)>;

/// One link's traffic since the run began.
struct LinkUsage {
  double bytes = 0;
  double peak_utilisation = 0;  // highest mean over one window of `Kernel::sample_links`
};

struct KernelCounters {
  std::uint64_t events = 0;
  std::uint64_t flows = 0;
};

class Kernel {
 public:
  virtual ~Kernel() = default;

  [[nodiscard]] virtual TimePoint now() const = 0;

  /// Calls `fn` at `time`, in the order (time, order.phase, order.rank, sequence). `time` >= now().
  virtual EventId at(TimePoint time, Order order, EventFn fn) = 0;
  /// Forgets an event. An event that has run, was cancelled or never was is left alone.
  virtual void cancel(EventId event) = 0;
  /// Whether an event of that order at time `time` would have run before the one that is running now.
  [[nodiscard]] virtual bool has_passed(TimePoint time, Order order) const = 0;

  /// Starts a flow now; its bytes leave after the route's latency. `done` is called once, in Phase::transfer, at the
  /// first nanosecond not earlier than the flow's end; never after cancel().
  virtual FlowId transfer(const FlowSpec& flow, FlowFn done) = 0;
  /// nullopt lifts the cap. Ended flows are left alone.
  virtual void set_rate_cap(FlowId flow, std::optional<BytesPerSecond> cap) = 0;
  /// Bytes not yet delivered; zero for ended flows.
  [[nodiscard]] virtual Bytes remaining(FlowId flow) const = 0;
  /// Stops a flow and returns its share at once. Ended flows are left alone.
  virtual void cancel(FlowId flow) = 0;

  /// Takes a link down (its flows fail) or up; scales its bandwidth (1 = as built).
  virtual void set_link_up(LinkId link, bool up) = 0;
  virtual void scale_link(LinkId link, double factor) = 0;

  /// Closes a window of link usage: bytes moved since the last call, and the peak of windows' mean utilisation.
  virtual void sample_links() = 0;
  [[nodiscard]] virtual std::vector<LinkUsage> link_usage() const = 0;

  /// Runs until nothing is left to do, or until `stop` returns true (asked between instants).
  virtual void run(const Callback<bool()>& stop) = 0;
  void run() {
    run([] { return false; });
  }

  [[nodiscard]] virtual KernelCounters counters() const = 0;
  /// Events armed and flows under way: what could still happen.
  [[nodiscard]] virtual std::size_t pending() const = 0;
};

}  // namespace cleave

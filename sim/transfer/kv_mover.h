#pragma once
// Moves KV between places: set-up, one flow, and another try when a link fails.

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/core/kernel.h"
#include "sim/transfer/params.h"

namespace cleave {

/// One KV movement, striped over all rails of its two places: one flow (docs/adr/004-one-flow-per-movement.md).
struct Movement {
  PlaceId from;
  PlaceId to;
  Bytes bytes;
  Duration setup{};  // before the first byte leaves: handshake, descriptors, registration look-ups
  std::optional<BytesPerSecond> rate_cap;
};

class MovementId {
 public:
  MovementId() = default;
  MovementId(std::uint32_t slot, std::uint32_t generation) : slot_(slot), generation_(generation) {}
  [[nodiscard]] std::uint32_t slot() const { return slot_; }
  [[nodiscard]] std::uint32_t generation() const { return generation_; }
  [[nodiscard]] bool valid() const { return generation_ != 0; }

 private:
  std::uint32_t slot_ = 0;
  std::uint32_t generation_ = 0;
};

enum class MovementEnd : std::uint8_t { delivered, gave_up };
using MovementFn = Callback<void(MovementEnd)>;

struct MoverCounters {
  std::uint64_t started = 0;
  std::uint64_t delivered = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t retried = 0;
  std::uint64_t gave_up = 0;
  std::int64_t bytes_delivered = 0;
};

class KvMover {
 public:
  /// `kernel` is borrowed and outlives the mover.
  KvMover(Kernel& kernel, const TransferParams& params) : kernel_(kernel), params_(params) {}

  /// `done` is called once, in Phase::transfer; never after cancel(). A failed flow starts again from its first byte
  /// after `retry_timeout`, at most `max_retries` times.
  MovementId start(const Movement& movement, MovementFn done);
  /// Ended movements are left alone, here and below.
  void cancel(MovementId movement);
  void set_rate_cap(MovementId movement, std::optional<BytesPerSecond> cap);

  [[nodiscard]] const MoverCounters& counters() const { return counters_; }
  /// Every movement has been delivered, given up or cancelled; a bug aborts.
  void check_idle() const;

 private:
  struct Slot {
    Movement movement;
    MovementFn done;
    FlowId flow;
    EventId event;  // the set-up's end, or the next try
    std::uint32_t tries = 0;
    std::uint32_t generation = 1;
    bool live = false;
  };
  Slot* find(MovementId id);
  void send(MovementId id);
  void on_flow_end(MovementId id, FlowEnd end);
  void end(MovementId id, MovementEnd how);
  void release(MovementId id);

  Kernel& kernel_;
  TransferParams params_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  MoverCounters counters_;
};

}  // namespace cleave

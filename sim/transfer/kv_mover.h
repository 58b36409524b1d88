#pragma once
// Moves KV between places: a place in the receiver's buffer, set-up, one flow, what follows it; and another try when a
// link fails or time runs out.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "models/units/slot_pool.h"
#include "sim/core/kernel.h"
#include "sim/transfer/arrival_curve.h"
#include "sim/transfer/flow_observer.h"
#include "sim/transfer/params.h"

namespace cleave {

/// Where a movement is stored on its way, and what reading it from there takes.
struct Relay {
  PlaceId place;
  Duration setup{};
  Duration after{};
  std::optional<BytesPerSecond> protocol_cap{};
};

/// One KV movement, striped over all rails of its two places: one flow, or two with a relay
/// (docs/adr/004-one-flow-per-movement.md). movement_plan.h fills it from a protocol.
struct Movement {
  PlaceId from;
  PlaceId to;
  Bytes bytes;
  Duration setup{};                              // before the first byte leaves: handshake, posting, encoding
  std::optional<BytesPerSecond> rate_cap{};      // at which bytes come to be; can be changed and lifted
  std::optional<BytesPerSecond> protocol_cap{};  // at which the protocol can move them
  Duration after{};                              // from the last byte to the delivery: decoding, copies, a notice
  Duration connect{};                            // more set-up if nothing has moved between the two places before
  std::optional<Relay> via{};
  ArrivalCurve* arrivals = nullptr;  // borrowed: gets how the bytes arrive. Not with a relay
  Duration latency{};                // of the route: no byte arrives earlier. For `arrivals` alone
};

class MovementId {
 public:
  MovementId() = default;
  MovementId(std::uint32_t slot, std::uint32_t generation) : slot_(slot), generation_(generation) {}
  [[nodiscard]] std::uint32_t slot() const { return slot_; }
  [[nodiscard]] std::uint32_t generation() const { return generation_; }
  [[nodiscard]] bool valid() const { return generation_ != 0; }
  bool operator==(const MovementId&) const = default;

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
  std::uint64_t timed_out = 0;          // tries; each is retried or given up
  std::uint64_t connections = 0;        // set up
  std::uint64_t waited_for_buffer = 0;  // found the receiver's staging buffer full at first
  std::int64_t bytes_delivered = 0;     // on the network: each flow that ended
};

class KvMover {
 public:
  /// `kernel` is borrowed and outlives the mover.
  KvMover(Kernel& kernel, const TransferParams& params) : kernel_(kernel), params_(params) {}

  /// Borrowed; outlives the mover.
  void observe(FlowObserver& observer) { observer_ = &observer; }

  /// `done` is called once, in Phase::transfer; never after cancel(). A flow that fails, or takes longer than
  /// `timeout`, starts again from its first byte after `retry_timeout`, at most `max_retries` times. With a
  /// `staging_limit` a movement waits, in order, until the receiver has buffer for it (all of the buffer, if it is
  /// larger).
  MovementId start(const Movement& movement, MovementFn done);
  /// Ended movements are left alone, here and below.
  void cancel(MovementId movement);
  void set_rate_cap(MovementId movement, std::optional<BytesPerSecond> cap);
  /// Bytes that have arrived, of a movement without relay that has not ended.
  [[nodiscard]] Bytes arrived(MovementId movement) const;
  /// The movement ends when `bytes` of it have arrived: fewer than planned, or more; now, if they have.
  void retarget(MovementId movement, Bytes bytes);
  /// Rates are about to change for a reason that is not the mover's: a fault of a link.
  void note_arrivals();
  /// A place lost its connections: the next movement from or to it sets them up again.
  void disconnect(PlaceId place);

  [[nodiscard]] const MoverCounters& counters() const { return counters_; }
  /// Every movement has been delivered, given up or cancelled; a bug aborts.
  void check_idle() const;

 private:
  struct Slot {
    Movement movement;
    MovementFn done;
    FlowId flow;
    std::optional<Bytes> flow_bytes;  // of the flow under way
    EventId event;                    // the set-up's end, the next try, or the end of what follows the flow
    EventId timer;                    // of the flow under way
    std::uint32_t tries = 0;
    std::uint32_t generation = 1;
    bool live = false;
    bool second_leg = false;  // from the relay on
    bool flowed = false;      // the last flow has ended: only what follows it is left
    Bytes buffered;           // held of the receiver's buffer
    Bytes before;             // arrived in flows of this try that were cut: the movement was retargeted
  };
  struct Buffer {
    Bytes used;
    std::deque<MovementId> waiting;
  };
  Slot* find(MovementId id);
  [[nodiscard]] const Slot* find(MovementId id) const { return const_cast<KvMover*>(this)->find(id); }
  [[nodiscard]] Bytes arrived(const Slot& slot) const;
  bool take_buffer(MovementId id);
  void give_buffer(Slot& slot);
  void begin_leg(MovementId id);
  void send(MovementId id);
  void start_flow(MovementId id);
  void on_flow_end(MovementId id, FlowEnd end);
  void flow_is_over(Slot& slot, Bytes delivered);
  void end_flow(MovementId id);
  void on_timeout(MovementId id);
  void try_again(MovementId id);
  void end_leg(MovementId id);
  void end(MovementId id, MovementEnd how);
  void release(MovementId id);

  Kernel& kernel_;
  TransferParams params_;
  FlowObserver* observer_ = nullptr;
  SlotPool<Slot> slots_;
  std::map<PlaceId, Buffer> buffers_;  // of receivers, when there is a staging limit
  std::set<std::pair<PlaceId, PlaceId>> connected_;
  std::vector<MovementId> watched_;  // those with `arrivals`
  MoverCounters counters_;
};

}  // namespace cleave

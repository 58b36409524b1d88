#pragma once
// A request between its arrival and its end.

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "models/units/region.h"
#include "models/units/slot_pool.h"
#include "sim/core/kernel.h"
#include "sim/engine/sequence.h"
#include "sim/kv/gc/claim.h"
#include "sim/metrics/records.h"
#include "sim/policy/route.h"
#include "sim/transfer/kv_mover.h"
#include "sim/workload/request.h"

namespace cleave {

/// Where a request stands. Every stage but `routing` and `answering` has a replica that answers for it.
enum class Stage : std::uint8_t {
  routing,    // held back, asks a directory, waits for a replica to come up, or is on its way to one
  fetching,   // KV from elsewhere is moved to the prefill side
  prefill,    // queued or running on a prefill or mixed replica
  reserving,  // waits for KV space on the decode side
  moving,     // its KV is under way to the decode side
  decode,     // queued or running on the decode side
  answering,  // done; the end of the answer is on its way to another region
};

/// A prefill chunk whose KV is to leave once it is there.
struct UnsentChunk {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  Duration step{};
};

/// Blocks on another replica that stay for a request: held by a claim, or without one by whoever keeps them.
struct KeptBlocks {
  std::uint32_t parked = 0;
  std::optional<ClaimId> claim;
};

struct LiveRequest {
  Request request;
  RequestRecord record;
  std::vector<BlockKey> keys;
  std::vector<BlockKey> decode_keys;  // the same blocks' names on a decode side that names them otherwise
  Sequence prefill;                   // also on a mixed replica
  Sequence decode;
  Stage stage = Stage::routing;
  RegionId home;                         // of its client
  std::vector<std::uint32_t> elsewhere;  // leading blocks that replicas of other regions have, as a directory answered
  std::vector<TimePoint> answered_at;    // when, by region
  std::optional<PrefixFetch> fetch;      // to do before the prompt is queued
  bool decode_chosen = false;            // before the prompt was computed: kept, if it is up then
  bool copies_prefix = false;            // from whoever has the longest, to whoever computes
  std::uint32_t generation = 1;
  EventId patience;           // when its client leaves
  std::uint32_t attempt = 0;  // counts routings: messages of an earlier one are recognised
  std::uint32_t asked = 0;    // counts requests for decode space, for the same reason
  bool live = false;
  bool split = false;           // decoded elsewhere than prefilled
  bool prefilled = false;       // all known tokens have KV on the prefill side
  bool reserved = false;        // the decode side holds blocks
  std::int64_t decode_has = 0;  // leading tokens cached on the decode side at reservation
  std::int64_t streamed = 0;    // leading tokens sent or being sent
  std::int64_t open_movements = 0;
  bool moved = false;  // some movement has started since the decode side was chosen
  std::deque<UnsentChunk> unsent;
  std::vector<MovementId> movements;  // since the last routing
  std::optional<KeptBlocks> kept;     // the prompt's KV on the prefill side, for the decode side
  std::optional<KeptBlocks> pinned;   // what a fetch reads
  std::vector<KvOrigin> fetched;      // of the leading blocks that a fetch makes available
  TimePoint reserving_since;
  std::optional<std::uint32_t> tier_load;  // under way from tiers to the prefill side
  EventId load_timer;                      // when it stops at the latest
  std::size_t loaded_from = 0;             // blocks that the prefill side had itself, before a load or fetch
  std::optional<std::uint32_t> lease;      // parked blocks that are promised to be there at admission
};

/// Names one stay in the table; stale names are recognised.
struct LiveId {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
};

/// Storage is reused: a finished request costs nothing here.
class LiveTable {
 public:
  LiveRequest& open(LiveId& id);
  void close(LiveId id);
  [[nodiscard]] LiveRequest* find(LiveId id) {
    LiveRequest& live = slots_[id.slot];
    return live.live && live.generation == id.generation ? &live : nullptr;
  }
  [[nodiscard]] LiveRequest& at(std::uint32_t slot) { return slots_[slot]; }
  [[nodiscard]] LiveId id_of(std::uint32_t slot) const { return {slot, slots_[slot].generation}; }
  [[nodiscard]] std::size_t size() const { return slots_.live(); }
  [[nodiscard]] std::uint32_t slots() const { return slots_.slots(); }

 private:
  SlotPool<LiveRequest, std::deque<LiveRequest>> slots_;
};

}  // namespace cleave

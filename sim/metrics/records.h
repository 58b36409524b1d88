#pragma once
// Typed records that the simulation emits. Plain data; nothing here decides anything.

#include <cstdint>
#include <optional>
#include <string_view>

#include "models/units/outcome.h"
#include "models/units/units.h"

namespace cleave {

/// Everything known of one offered request at its end (or at the end of the run).
/// `hit_*` are prompt tokens not computed because their KV was cached at the first admission, by the KV's origin.
struct RequestRecord {
  RequestId id;
  ClassId cls;
  SessionId session;
  std::uint32_t turn = 0;
  Outcome outcome = Outcome::unfinished;
  TimePoint arrival;
  std::optional<TimePoint> first_scheduled;
  std::optional<TimePoint> prefill_done;  // all prompt KV computed
  std::optional<TimePoint> kv_ready;      // hand-off delivered to the decode side
  std::optional<TimePoint> first_token;
  std::optional<TimePoint> last_token;
  Tokens input;
  Tokens output;         // asked for
  Tokens generated;      // produced
  Tokens hit_prompt_kv;  // cached KV that prefill had computed
  Tokens hit_decode_kv;  // cached KV that decoding had produced
  Tokens recomputed;     // prompt and output tokens computed again after preemption or faults
  Bytes transferred;     // KV bytes moved for this request
  std::optional<ReplicaId> prefill_replica;
  std::optional<ReplicaId> decode_replica;
  std::uint32_t preemptions = 0;
  std::uint32_t retries = 0;  // after faults
};

/// One pool at one moment.
struct PoolSample {
  std::int64_t waiting = 0;
  std::int64_t running = 0;
  std::int64_t kv_blocks_used = 0;    // held by live requests
  std::int64_t kv_blocks_cached = 0;  // reusable, held by nobody
  std::int64_t kv_blocks_total = 0;   // 0: unlimited
  std::int64_t replicas_up = 0;
  double busy_seconds = 0;            // replica-seconds spent in steps since the run began
  std::uint64_t tokens_computed = 0;  // prompt and output tokens since the run began
};

enum class DecisionStage : std::uint8_t { admission, disaggregation, prefill, decode };

/// What a policy chose, and why. `reason` is static text; without `replica` nobody was chosen.
struct DecisionRecord {
  TimePoint time;
  RequestId request;
  DecisionStage stage = DecisionStage::admission;
  std::optional<ReplicaId> replica;
  std::uint32_t candidates = 0;
  std::string_view reason;
  std::optional<double> score;  // what the choice minimised or maximised
};

}  // namespace cleave

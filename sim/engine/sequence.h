#pragma once
// One request inside one replica. Token counts are plain integers here: they are all tokens.

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "sim/kv/kv_memory.h"
#include "sim/metrics/records.h"
#include "sim/workload/request.h"

namespace cleave {

/// Why a waiting sequence cannot be admitted yet, if it cannot.
enum class WaitReason : std::uint8_t { none, remote_kv, grammar };

/// Tokens whose KV a connector loads from the back while those before them are computed.
struct KvGap {
  std::int64_t from = 0;  // where front and back meet: moves
  std::int64_t until = 0;
  bool filled = false;        // everything from `from` on is there
  bool counts_as_hit = true;  // it is the sequence's first admission
};

struct Sequence {
  const Request* request = nullptr;       // borrowed; outlives the sequence
  RequestRecord* record = nullptr;        // borrowed; the engine writes the times it causes
  std::vector<BlockKey>* keys = nullptr;  // borrowed; keys of the full blocks, prompt first, grown as output fills more
  std::uint32_t owner = 0;                // the caller's own name for it
  std::int32_t priority = 0;              // lower is more urgent
  std::uint32_t adapter = 0;              // LoRA adapter, 0: none; `salt` separates its KV
  std::uint64_t salt = 0;

  std::int64_t known = 0;        // prompt and generated tokens: what KV is to be computed for
  std::int64_t computed = 0;     // of those, tokens that have KV
  std::int64_t generated = 0;    // output tokens so far
  std::int64_t lost = 0;         // KV thrown away by preemption or faults and not yet accounted for
  bool prefill_only = false;     // leaves when its prompt is computed, keeping its blocks
  bool cache_output = false;     // blocks with generated tokens can be found by later requests
  bool emits_at_prefill = true;  // prefill_only: whether the answer's next token is sent from here

  // Steps that are formed and have not ended.
  std::int64_t flying = 0;          // tokens that they compute, beyond `computed`
  std::int64_t flying_outputs = 0;  // output tokens that they yield
  std::uint32_t epoch = 0;          // counts losses of KV: what flew before one computes for nothing

  std::vector<BlockId> blocks;   // what it holds, in the memory's own names
  std::vector<BlockId> state;    // memory that does not grow with length: windows, linear state
  std::vector<BlockId> kept;     // states that can be found again
  std::int64_t kept_at = 0;      // full blocks before the last of them
  std::int64_t held = 0;         // blocks in `blocks`
  std::int64_t sealed = 0;       // leading blocks whose content can be found
  std::int64_t prefill_end = 0;  // tokens known when it was queued: KV of later ones is decoded here
  std::int64_t unscheduled = 0;  // prompt tokens queued and not yet in a step
  WaitReason waits_for = WaitReason::none;
  std::optional<KvGap> gap;
  bool loads_with_step = false;        // a step that is formed, or under way, loads for it
  std::int64_t hits_with_step = 0;     // tokens that count as hits if that load ends well
  std::uint64_t prefilled_before = 0;  // prompt tokens the engine had computed when it was queued
  bool leaves = false;                 // at the end of the step that is being finished
  TimePoint queued_at;

  [[nodiscard]] std::int64_t prompt() const { return request->input.value(); }
  /// Output tokens that it will have: the answer's length, or as many as its client waits for.
  [[nodiscard]] std::int64_t target() const { return request->stops_at.value_or(request->output).value(); }
  /// Tokens whose KV exists when all steps in flight have ended.
  [[nodiscard]] std::int64_t scheduled() const { return computed + flying; }
};

/// Readies a sequence for its first stay on a replica; its vectors keep their storage.
inline void reset(Sequence& sequence) {
  std::vector<BlockId> blocks = std::move(sequence.blocks);
  std::vector<BlockId> state = std::move(sequence.state);
  std::vector<BlockId> kept = std::move(sequence.kept);
  blocks.clear();
  state.clear();
  kept.clear();
  sequence = Sequence{};
  sequence.blocks = std::move(blocks);
  sequence.state = std::move(state);
  sequence.kept = std::move(kept);
}

}  // namespace cleave

#pragma once
// One request inside one replica. Token counts are plain integers here: they are all tokens.

#include <cstdint>
#include <utility>
#include <vector>

#include "sim/kv/block_pool.h"
#include "sim/metrics/records.h"
#include "sim/workload/request.h"

namespace cleave {

struct Sequence {
  const Request* request = nullptr;       // borrowed; outlives the sequence
  RequestRecord* record = nullptr;        // borrowed; the engine writes the times it causes
  std::vector<BlockKey>* keys = nullptr;  // borrowed; keys of the full blocks, prompt first, grown as output fills more
  std::uint32_t owner = 0;                // the caller's own name for it
  std::int32_t priority = 0;              // lower is more urgent

  std::int64_t known = 0;        // prompt and generated tokens: what KV is to be computed for
  std::int64_t computed = 0;     // of those, tokens that have KV
  std::int64_t generated = 0;    // output tokens so far
  std::int64_t lost = 0;         // KV thrown away by preemption or faults and not yet accounted for
  bool prefill_only = false;     // leaves when its prompt is computed, keeping its blocks
  bool cache_output = false;     // blocks with generated tokens can be found by later requests
  bool emits_at_prefill = true;  // prefill_only: whether the answer's next token is sent from here

  std::vector<BlockId> blocks;   // in order
  std::vector<BlockId> state;    // memory that does not grow with length: windows, linear state
  std::int64_t sealed = 0;       // leading blocks whose content can be found
  std::int64_t prefill_end = 0;  // tokens known when it was queued: KV of later ones is decoded here
  std::int64_t unscheduled = 0;  // prompt tokens queued and not yet in a step
  TimePoint queued_at;

  [[nodiscard]] std::int64_t prompt() const { return request->input.value(); }
  [[nodiscard]] std::int64_t target() const { return request->output.value(); }
};

/// Readies a sequence for its first stay on a replica; its vectors keep their storage.
inline void reset(Sequence& sequence) {
  std::vector<BlockId> blocks = std::move(sequence.blocks);
  std::vector<BlockId> state = std::move(sequence.state);
  blocks.clear();
  state.clear();
  sequence = Sequence{};
  sequence.blocks = std::move(blocks);
  sequence.state = std::move(state);
}

}  // namespace cleave

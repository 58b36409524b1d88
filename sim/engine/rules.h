#pragma once
// The rules of engines, one small function each. They decide; nothing here changes anything.

#include <cstdint>
#include <optional>
#include <span>
#include <tuple>
#include <vector>

#include "sim/engine/batch.h"

namespace cleave {

/// Smaller is more urgent. The request's number breaks ties of arrival.
/// Source: the heap of vllm/v1/core/sched/request_queue.py, (priority, arrival_time).
[[nodiscard]] inline auto urgency(const Sequence& s) {
  return std::tuple(s.priority, s.request->arrival, s.request->id);
}

// --- how many tokens ---------------------------------------------------------------------------------------------

/// Output tokens that the engine must be ready for: what the client asks for at most.
[[nodiscard]] std::int64_t output_limit(const Sequence& sequence, const EngineParams& params);

/// Tokens that are known, or will be when steps in flight have ended, and whose KV no step computes yet. Engines that
/// schedule ahead count outputs of steps in flight as known.
[[nodiscard]] std::int64_t uncomputed(const Sequence& sequence, bool ahead);

/// Whether a step in flight is sure to yield the last token: no further one is formed for the sequence.
/// Source: vllm/v1/core/sched/scheduler.py, "avoid scheduling an extra step".
[[nodiscard]] bool surely_ends(const Sequence& sequence, const EngineParams& params);

/// Draft tokens that a step verifies for a sequence: none before its first output token.
[[nodiscard]] std::int64_t drafts_for(const Sequence& sequence, const EngineParams& params);

/// A long prompt takes at most the threshold in one step; 0: no threshold.
[[nodiscard]] std::int64_t clip_to_threshold(std::int64_t tokens, Tokens threshold);

/// Tokens that a waiting sequence may compute in a step with `budget` left; nullopt: it must wait, and so must all behind
/// it, as a prompt that may not be split does not fit.
[[nodiscard]] std::optional<std::int64_t> first_chunk(std::int64_t tokens, std::int64_t budget, bool chunked);

/// Whether one more prompt may be split over steps: at most so many partial prompts at once, of them so many long ones.
/// Source: max_num_partial_prefills and max_long_partial_prefills of vllm/config/scheduler.py.
[[nodiscard]] bool may_be_partial(std::span<Sequence* const> running, const Sequence& sequence, std::int64_t tokens,
                                  const EngineParams& params);

/// At most max_loras adapters in a batch: whoever would add one more is passed over.
/// Source: vllm/v1/core/sched/scheduler.py (scheduled_loras); max_loras_per_batch of sglang/srt/managers/scheduler.py.
[[nodiscard]] bool adapter_fits(std::span<Sequence* const> running, const Sequence& sequence,
                                const EngineParams& params);

// --- memory ------------------------------------------------------------------------------------------------------

/// Blocks kept free when something is scheduled already. Source: watermark of vllm/v1/core/kv_cache_manager.py.
[[nodiscard]] std::int64_t watermark_blocks(const EngineParams& params, const KvMemory& memory);

/// Keys of the leading blocks that a sequence could reuse: full ones only, and never the last known token.
/// Source: vllm/v1/core/kv_cache_manager.py, get_computed_blocks.
[[nodiscard]] std::span<const BlockKey> reusable_keys(const Sequence& sequence, Tokens block_size);

/// Blocks that a sequence holds when its last token is computed.
[[nodiscard]] std::int64_t blocks_at_end(const Sequence& sequence, const EngineParams& params);

/// Blocks beyond what they hold that running sequences need until their ends: TensorRT-LLM's guaranteed_no_evict.
[[nodiscard]] std::int64_t blocks_promised(std::span<Sequence* const> running, const EngineParams& params);

/// Who gives its memory back when none is left. FCFS: who came in last. Priority: the least urgent.
/// Shape: `running` is not empty.
[[nodiscard]] Sequence& choose_victim(std::span<Sequence* const> running, QueueOrder order);

// --- SGLang ------------------------------------------------------------------------------------------------------

/// SGLang's guess of what share of their permitted output sequences will write: it decays with each decode step, and
/// jumps when memory ran out.
class TokenRatio {
 public:
  explicit TokenRatio(const TokenEstimateParams& params);
  [[nodiscard]] double value() const { return value_; }
  void decay(std::int64_t steps);
  /// Memory ran out with these sequences left: `written` tokens of `permitted` in sum over `sequences`.
  void after_retraction(std::int64_t written, std::int64_t permitted, std::int64_t sequences);
  void reset() { value_ = initial_; }

 private:
  double initial_;
  double least_;
  double step_;
  std::int64_t retract_steps_;
  double value_;
};

/// Tokens a sequence may still write, clipped.
[[nodiscard]] std::int64_t expected_output(const Sequence& sequence, const EngineParams& params);

/// Victims when decoding finds no memory: fewest generated tokens first, longer prompts first among equals, later
/// admission first among those. Result: indices into `running`, first victim first.
[[nodiscard]] std::vector<std::size_t> retraction_order(std::span<Sequence* const> running);

}  // namespace cleave

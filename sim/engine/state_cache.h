#pragma once
// Linear attention's state as something to be found again. Unlike KV it exists for one length alone: a sequence can
// start only behind a place where the state was kept, which takes memory of the same pool. Source: vLLM's
// mamba_cache_mode (vllm/config/cache.py), MambaManager (vllm/v1/core/single_type_kv_cache_manager.py) and
// Scheduler._mamba_block_aligned_split; sglang/srt/mem_cache/mamba_radix_cache.py.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/engine/batch.h"

namespace cleave {

/// Names of the blocks of the state behind the KV block `at`. Empty for a model without such state.
[[nodiscard]] std::vector<BlockKey> state_keys(const EngineState& state, BlockKey at);

/// Of cached leading keys, those a sequence can start behind: all of them, or for a model with state as many as lead to
/// the last place where one is kept.
[[nodiscard]] std::span<const BlockKey> startable(const EngineState& state, std::span<const BlockKey> cached);

/// What of `tokens` prompt tokens behind the first `from` one step computes. align: a step that does not reach the last
/// full block of what is known ends at a block's end, and one that passes that block's end is cut there, so that the
/// state is kept. 0: the step has too few tokens left for a block.
[[nodiscard]] std::int64_t cut_to_keep_state(const EngineState& state, const Sequence& sequence, std::int64_t from,
                                             std::int64_t tokens);

/// Blocks that keeping states will take when the first `tokens` tokens of a sequence are computed. `starts_behind`:
/// full blocks before the kept state that it is about to take.
[[nodiscard]] std::int64_t blocks_to_keep_state(const EngineState& state, const Sequence& sequence, std::int64_t tokens,
                                                std::optional<std::int64_t> starts_behind = std::nullopt);

/// Keeps the state behind the first `tokens` tokens, where the engine keeps one there and has room. align: a sequence
/// holds the last one it kept, what it kept before is found for as long as its memory is not reused. all: it holds one
/// for each full block.
void keep_state(EngineState& state, Sequence& sequence, std::int64_t tokens);

}  // namespace cleave

#pragma once
// Decodes that attend in one call of FlashAttention 2 with prompts. Only where every sequence has a single query token
// does the kernel gather the query heads of a KV head into the rows of one tile; else each query head of each sequence
// fills a tile of its own with one row, and computes all of the tile's rows; and the grid has as many tiles for it as
// for the longest prompt, all but one of which find nothing to do.
// Source: vllm-project/flash-attention, csrc/flash_attn: mha_varlen_fwd, run_mha_fwd_splitkv_dispatch.

#include <array>

#include "models/cost/forms/attention.h"

namespace cleave {

namespace joint_attention {
enum Term : std::size_t { kComputeShare, kTileTokens, kEmptyTile, kMemoryShare, kSharpness, kCacheShare };
inline constexpr std::array<Coefficient, 6> kCoefficients{{
    {"compute_share", 0.6, 0.05, 1.2, "share of the peak while tiles pass tokens"},
    {"tile_tokens", 168, 1, 2048, "what a tile takes beside its tokens, in tokens: half of a last block is padding"},
    {"empty_tile_s", 3e-7, 1e-9, 1e-5, "of one multiprocessor, each tile that finds nothing to do"},
    {"memory_share", 0.8, 0.05, 1.2, "share of the memory's bandwidth while KV is read"},
    {"sharpness", 3, 1.2, 8, "of the maximum of computing and reading"},
    {"cache_share", 1, 0.1, 1.6, "of the cache that keeps a KV head's keys and values for its next query head"},
}};
}  // namespace joint_attention

/// Seconds that the decodes add to the attention of the prompts. Shape: `work.beside` is the tokens of the longest
/// prompt, at least 1; `work.longest` the longest context, 0: all are equal; `tile` the query rows of a thread block.
/// Never falls as sequences, tokens or query heads grow. Errors: none. Coefficients: joint_attention::kCoefficients.
[[nodiscard]] double joint_attention_seconds(const DecodeWork& work, double tile, const DeviceRates& device,
                                             Coefficients c);

/// Operations of one tile for each visible token: all its rows, most of them wasted.
[[nodiscard]] inline double tile_flops(const AttentionHeads& heads, double tile) {
  return 4 * heads.width * tile;
}

/// Operations, wasted rows included.
[[nodiscard]] double joint_attention_flops(const DecodeWork& work, double tile);

}  // namespace cleave

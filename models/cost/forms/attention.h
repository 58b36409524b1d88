#pragma once
// Times of the attention core (no projections): one query token a sequence, and whole prompts.

#include <algorithm>
#include <array>

#include "models/cost/forms/form.h"

namespace cleave {

/// Heads of one tensor-parallel rank. Bytes are of one element.
struct AttentionHeads {
  double query = 1;
  double kv = 1;
  double width = 128;
  double kv_bytes = 2;
  double query_bytes = 2;
  double window = 0;  // only so many latest tokens are visible; 0: all
};

/// Tokens of a context that a query sees. A window of 0 sees all of them.
[[nodiscard]] inline double visible_context(double context, double window) {
  return window > 0 ? std::min(context, window) : context;
}

/// One query token for each of `batch` sequences of `context` tokens, the new one included.
struct DecodeWork {
  double batch = 1;
  double context = 1;
  AttentionHeads heads;
  bool warm = false;   // the KV was read just before: what fits into the cache is still there (benchmark loops)
  double longest = 0;  // of the contexts, where they differ; 0: all are equal
  double beside = 0;   // query tokens of the longest sequence in the same call, where that makes a difference
                       // (models/cost/flash_attention.h); 0: one each
};

namespace decode_attention {
inline constexpr std::array<Coefficient, 8> kCoefficients{{
    {"launch_s", 9e-6, 5e-7, 2e-4, "fixed time of the kernels"},
    {"block_s", 2.5e-6, 1e-8, 1e-4, "of one wave of thread blocks, one block a sequence and KV head"},
    {"memory_share", 0.8, 0.05, 1.2, "share of the memory's bandwidth while KV is read"},
    {"sharpness", 3, 1.2, 8, "of the maximum of blocks and bytes"},
    {"cache_share", 0.8, 0.1, 1.6, "of the cache that holds KV between two reads"},
    {"cache_speed", 2.5, 1.0, 30, "reading from the cache, as a multiple of memory_share"},
    {"long_s", 1e-6, 1e-9, 1e-4, "each doubling of the tokens one thread block must pass"},
    {"serial_s", 1e-10, 1e-13, 1e-7, "each token of a context that is not split: one query head a KV head"},
}};
}  // namespace decode_attention

/// Seconds: launch + smooth maximum of waves of thread blocks and of KV bytes; affine in bytes once KV is large. Some
/// kernels split a context over thread blocks only where several query heads share a KV head (FlashAttention 2):
/// without such groups one block passes all of it. Coefficients: decode_attention::kCoefficients.
[[nodiscard]] double decode_attention_seconds(const DecodeWork& work, const DeviceRates& device, Coefficients c);

/// Bytes of KV that are read, the window applied.
[[nodiscard]] double decode_kv_bytes(const DecodeWork& work);
[[nodiscard]] double decode_flops(const DecodeWork& work);

/// `tokens` new prompt tokens of each of `batch` sequences, after `prefix` tokens whose KV is cached.
struct PrefillWork {
  double batch = 1;
  double tokens = 1;
  double prefix = 0;
  AttentionHeads heads;
};

namespace prefill_attention {
inline constexpr std::array<Coefficient, 9> kCoefficients{{
    {"launch_s", 1e-5, 5e-7, 2e-4, "fixed time of the kernels"},
    {"compute_share", 0.6, 0.01, 1.1, "share of the peak, in long prompts"},
    {"memory_share", 0.7, 0.02, 1.2, "share of the bandwidth while queries, keys, values and outputs move"},
    {"sharpness", 2.5, 1.2, 8, "of the maximum of computing and moving"},
    {"store_share", 0.4, 0.01, 2, "share of the bandwidth while new keys and values go to the cache, beforehand"},
    {"diagonal_tokens", 96, 1, 2048, "columns that a row of tiles computes beyond the visible ones"},
    {"tail", 1, 0.05, 5, "slowness of one multiprocessor that works through the longest row of tiles alone"},
    {"cache_share", 0.5, 0.05, 2, "of the cache that holds them between kernels"},
    {"cache_speed", 1.5, 1, 20, "moving bytes of the cache, as a multiple"},
}};
}  // namespace prefill_attention

/// Seconds: launch + storing new KV + smooth maximum of (pairs of tokens, the longest row of tiles) and bytes.
/// Quadratic in new tokens, linear in the prefix. Coefficients: prefill_attention::kCoefficients.
[[nodiscard]] double prefill_attention_seconds(const PrefillWork& work, const DeviceRates& device, Coefficients c);

/// Operations and bytes of a prefill, for rooflines.
[[nodiscard]] double prefill_flops(const PrefillWork& work);
[[nodiscard]] double prefill_bytes(const PrefillWork& work);

}  // namespace cleave

#include <string>
#include <utility>

#include "calibration/bench/grid/grids.h"

namespace cleave::bench {
namespace {

using Heads = std::pair<std::int64_t, std::int64_t>;  // query heads, KV heads

constexpr std::int64_t kHeadDim = 128;
constexpr std::int64_t kLargestKvBytes = std::int64_t{24} << 30;

}  // namespace

ProbeSpec prefill_attention_spec() {
  ProbeSpec spec;
  spec.name = "prefill_attention";
  spec.table = "context_attention_perf";
  spec.summary = "causal attention of a prompt (isl) behind a cached prefix (step)";
  spec.grid.axes = {"kernel_source", "batch_size",     "isl",  "num_heads",  "num_key_value_heads", "head_dim",
                    "attn_dtype",    "kv_cache_dtype", "step", "window_size"};
  spec.rule = {.min_repeats = 4, .max_repeats = 30, .relative_error = 0.01, .max_seconds = 0.06};
  for (const std::string source : {"cleave_mma", "cudnn"}) {
    const bool ours = source == "cleave_mma";
    for (const Heads& heads : {Heads{32, 8}, Heads{32, 4}, Heads{64, 8}, Heads{8, 1}}) {
      for (const std::int64_t prefix : {0, 1024, 4096, 16384, 65536}) {
        for (const std::int64_t isl : {16, 128, 512, 1024, 2048, 4096, 8192, 16384, 32768}) {
          for (const std::int64_t batch : {1, 4, 16}) {
            // The library's kernel, where there is one, on a coarser grid: to tell how far ours is from the best.
            if (!ours && (isl < 128 || batch == 4 || prefix == 1024 || prefix == 16384)) continue;
            if (batch * isl > 32768 || (batch > 1 && prefix > 4096) || isl * (prefix + isl) > (1LL << 31)) continue;
            spec.grid.add({source, batch, isl, heads.first, heads.second, kHeadDim, std::string("bfloat16"),
                           std::string("bfloat16"), prefix, std::int64_t{0}});
          }
        }
      }
    }
  }
  return spec;
}

ProbeSpec decode_attention_spec() {
  ProbeSpec spec;
  spec.name = "decode_attention";
  spec.table = "generation_attention_perf";
  spec.summary = "one query token a sequence over step+1 paged KV tokens, cold KV";
  spec.grid.axes = {"kernel_source", "batch_size",     "isl",  "num_heads",   "num_key_value_heads", "head_dim",
                    "attn_dtype",    "kv_cache_dtype", "step", "window_size", "block_size"};
  spec.rule = {.min_repeats = 5, .max_repeats = 40, .relative_error = 0.01, .max_seconds = 0.03};
  for (const std::int64_t block : {16, 64}) {
    for (const Heads& heads : {Heads{32, 8}, Heads{32, 4}, Heads{64, 8}, Heads{8, 1}, Heads{32, 32}}) {
      for (const std::int64_t context : {64, 256, 1024, 4096, 16384, 65536, 131072}) {
        for (const std::int64_t batch : {1, 2, 4, 8, 16, 32, 64, 128, 256}) {
          if (batch * context * heads.second * kHeadDim * 4 > kLargestKvBytes) continue;
          spec.grid.add({std::string("cleave_paged_mma"), batch, std::int64_t{1}, heads.first, heads.second, kHeadDim,
                         std::string("bfloat16"), std::string("bfloat16"), context - 1, std::int64_t{0}, block});
        }
      }
    }
  }
  return spec;
}

ProbeSpec decode_mla_spec() {
  ProbeSpec spec;
  spec.name = "decode_mla";
  spec.table = "generation_mla_perf";
  spec.summary = "absorbed MLA decode over step+1 paged latents of 576, cold KV";
  spec.grid.axes = {"kernel_source", "mla_dtype", "kv_cache_dtype", "num_heads", "batch_size",
                    "isl",           "tp_size",   "step",           "block_size"};
  spec.rule = {.min_repeats = 5, .max_repeats = 40, .relative_error = 0.01, .max_seconds = 0.04};
  for (const std::int64_t tp : {1, 8}) {
    for (const std::int64_t context : {64, 256, 1024, 4096, 16384, 65536, 131072}) {
      for (const std::int64_t batch : {1, 2, 4, 8, 16, 32, 64, 128, 256}) {
        if (batch * context * 576 * 2 > kLargestKvBytes) continue;
        spec.grid.add({std::string("cleave_paged_mla"), std::string("bfloat16"), std::string("bfloat16"), 128 / tp,
                       batch, std::int64_t{1}, tp, context - 1, std::int64_t{64}});
      }
    }
  }
  return spec;
}

}  // namespace cleave::bench

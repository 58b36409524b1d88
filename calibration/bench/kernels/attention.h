#pragma once
// Our own attention kernels, bf16, head dimension 128.

#include <cuda_bf16.h>
#include <cuda_runtime_api.h>

#include <cstddef>

namespace cleave::bench {

constexpr int kHeadDim = 128;

/// Causal attention of `isl` new tokens behind `prefix` cached ones.
/// Shape: q, out [batch][isl][heads][128]; k, v [batch][prefix + isl][kv_heads][128].
struct PrefillAttention {
  const __nv_bfloat16* q = nullptr;
  const __nv_bfloat16* k = nullptr;
  const __nv_bfloat16* v = nullptr;
  __nv_bfloat16* out = nullptr;
  int batch = 1;
  int isl = 1;
  int prefix = 0;
  int heads = 1;
  int kv_heads = 1;
};
void launch_prefill_attention(const PrefillAttention& work, cudaStream_t stream);

/// One query token of each sequence over `context` KV tokens in pages.
/// Shape: q, out [batch][heads][128]; k, v [pages][block][kv_heads][128]; table [batch][pages_per_sequence].
/// `partial` holds partial_floats(...) floats.
struct DecodeAttention {
  const __nv_bfloat16* q = nullptr;
  const __nv_bfloat16* k = nullptr;
  const __nv_bfloat16* v = nullptr;
  const int* table = nullptr;
  __nv_bfloat16* out = nullptr;
  float* partial = nullptr;
  int batch = 1;
  int context = 1;
  int heads = 1;
  int kv_heads = 1;
  /// Tokens a page: a multiple of 16.
  int block = 16;
  int pages_per_sequence = 1;
  /// Parts into which a sequence's keys are cut so that all multiprocessors have work.
  int splits = 1;
};
/// As many parts as fill `multiprocessors` twice, none below 256 keys.
[[nodiscard]] int decode_splits(int batch, int kv_heads, int context, int multiprocessors);
[[nodiscard]] std::size_t partial_floats(int batch, int heads, int width, int splits);
/// Errors: Unsupported above 16 query heads a KV head.
void launch_decode_attention(const DecodeAttention& work, cudaStream_t stream);

constexpr int kLatent = 576;
constexpr int kLatentValue = 512;

/// Absorbed multi-head latent attention of one query token of each sequence.
/// Shape: q [batch][heads][576]; latents [pages][block][576], whose first 512 are the values; out [batch][heads][512].
struct DecodeMla {
  const __nv_bfloat16* q = nullptr;
  const __nv_bfloat16* latents = nullptr;
  const int* table = nullptr;
  __nv_bfloat16* out = nullptr;
  float* partial = nullptr;
  int batch = 1;
  int context = 1;
  /// A multiple of 16.
  int heads = 16;
  /// A multiple of 32.
  int block = 64;
  int pages_per_sequence = 1;
  int splits = 1;
};
void launch_decode_mla(const DecodeMla& work, cudaStream_t stream);

/// Joins the parts of every row. `partial`: [rows][splits][width] sums, then [rows][splits] of (largest, sum).
void launch_join_parts(const float* partial, __nv_bfloat16* out, int rows, int width, int splits, cudaStream_t stream);

}  // namespace cleave::bench

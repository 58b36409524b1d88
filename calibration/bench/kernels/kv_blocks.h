#pragma once
// KV blocks between pages and contiguous memory, and between bf16 and FP8.

#include <cuda_bf16.h>
#include <cuda_runtime_api.h>

#include <cstddef>

namespace cleave::bench {

/// to[i] = from[order[i]] for blocks of `bytes` (a multiple of 16).
void launch_gather(const void* from, void* to, const int* order, std::size_t bytes, int blocks, cudaStream_t stream);
/// to[order[i]] = from[i].
void launch_scatter(const void* from, void* to, const int* order, std::size_t bytes, int blocks, cudaStream_t stream);

/// e4m3 with one scale a block: the largest magnitude becomes 448. `values` a block is a multiple of 8.
void launch_quantise(const __nv_bfloat16* from, unsigned char* to, float* scales, std::size_t values, int blocks,
                     cudaStream_t stream);
void launch_dequantise(const unsigned char* from, const float* scales, __nv_bfloat16* to, std::size_t values,
                       int blocks, cudaStream_t stream);

}  // namespace cleave::bench

#pragma once
// Random contents: zeros would let the chip clock higher than real data does.

#include <cuda_runtime_api.h>

#include <cstddef>

namespace cleave::bench {

/// Uniform over -1..1. `bytes` is a multiple of 2.
void fill_random_bf16(void* data, std::size_t bytes, cudaStream_t stream);
/// e4m3, finite, below 2 in magnitude.
void fill_random_fp8(void* data, std::size_t bytes, cudaStream_t stream);

}  // namespace cleave::bench

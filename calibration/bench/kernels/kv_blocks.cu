#include <cuda_fp8.h>

#include <algorithm>

#include "calibration/bench/device/error.h"
#include "calibration/bench/kernels/kv_blocks.h"

namespace cleave::bench {
namespace {

constexpr int kThreads = 256;
constexpr float kLargestFp8 = 448;

struct alignas(16) Eight {
  __nv_bfloat16 value[8];
};
struct alignas(8) EightFp8 {
  __nv_fp8_e4m3 value[8];
};

template <bool kGather>
__global__ void move_kernel(const uint4* from, uint4* to, const int* order, std::size_t vectors) {
  const std::size_t far = static_cast<std::size_t>(order[blockIdx.x]) * vectors;
  const std::size_t near = static_cast<std::size_t>(blockIdx.x) * vectors;
  const std::size_t step = static_cast<std::size_t>(gridDim.y) * kThreads;
  for (std::size_t i = static_cast<std::size_t>(blockIdx.y) * kThreads + threadIdx.x; i < vectors; i += step) {
    if (kGather) {
      to[near + i] = from[far + i];
    } else {
      to[far + i] = from[near + i];
    }
  }
}

__device__ float block_max(float value) {
  __shared__ float largest[kThreads / 32];
  for (int step = 16; step > 0; step /= 2) value = fmaxf(value, __shfl_xor_sync(0xffffffffU, value, step));
  if (threadIdx.x % 32 == 0) largest[threadIdx.x / 32] = value;
  __syncthreads();
  float result = 0;
  for (int i = 0; i < kThreads / 32; ++i) result = fmaxf(result, largest[i]);
  return result;
}

__global__ void quantise_kernel(const Eight* from, EightFp8* to, float* scales, std::size_t eights) {
  const std::size_t at = static_cast<std::size_t>(blockIdx.x) * eights;
  float largest = 0;
  for (std::size_t i = threadIdx.x; i < eights; i += kThreads) {
    const Eight in = from[at + i];
    for (int j = 0; j < 8; ++j) largest = fmaxf(largest, fabsf(__bfloat162float(in.value[j])));
  }
  const float scale = fmaxf(block_max(largest), 1e-12f) / kLargestFp8;
  if (threadIdx.x == 0) scales[blockIdx.x] = scale;
  for (std::size_t i = threadIdx.x; i < eights; i += kThreads) {
    const Eight in = from[at + i];
    EightFp8 out;
    for (int j = 0; j < 8; ++j) out.value[j] = __nv_fp8_e4m3(__bfloat162float(in.value[j]) / scale);
    to[at + i] = out;
  }
}

__global__ void dequantise_kernel(const EightFp8* from, const float* scales, Eight* to, std::size_t eights) {
  const std::size_t at = static_cast<std::size_t>(blockIdx.x) * eights;
  const float scale = scales[blockIdx.x];
  const std::size_t step = static_cast<std::size_t>(gridDim.y) * kThreads;
  for (std::size_t i = static_cast<std::size_t>(blockIdx.y) * kThreads + threadIdx.x; i < eights; i += step) {
    const EightFp8 in = from[at + i];
    Eight out;
    for (int j = 0; j < 8; ++j) out.value[j] = __float2bfloat16(static_cast<float>(in.value[j]) * scale);
    to[at + i] = out;
  }
}

/// Several thread blocks a KV block where there are few KV blocks.
dim3 grid_of(int blocks, std::size_t vectors) {
  const std::size_t whole = (vectors + kThreads - 1) / kThreads;
  const auto wanted = static_cast<std::size_t>(std::max(1, 2048 / blocks));
  return {static_cast<unsigned>(blocks), static_cast<unsigned>(std::min(whole, wanted))};
}

}  // namespace

void launch_gather(const void* from, void* to, const int* order, std::size_t bytes, int blocks, cudaStream_t stream) {
  move_kernel<true><<<grid_of(blocks, bytes / 16), kThreads, 0, stream>>>(static_cast<const uint4*>(from),
                                                                          static_cast<uint4*>(to), order, bytes / 16);
  check_cuda(cudaGetLastError(), "gather");
}

void launch_scatter(const void* from, void* to, const int* order, std::size_t bytes, int blocks, cudaStream_t stream) {
  move_kernel<false><<<grid_of(blocks, bytes / 16), kThreads, 0, stream>>>(static_cast<const uint4*>(from),
                                                                           static_cast<uint4*>(to), order, bytes / 16);
  check_cuda(cudaGetLastError(), "scatter");
}

void launch_quantise(const __nv_bfloat16* from, unsigned char* to, float* scales, std::size_t values, int blocks,
                     cudaStream_t stream) {
  quantise_kernel<<<static_cast<unsigned>(blocks), kThreads, 0, stream>>>(
      reinterpret_cast<const Eight*>(from), reinterpret_cast<EightFp8*>(to), scales, values / 8);
  check_cuda(cudaGetLastError(), "quantise");
}

void launch_dequantise(const unsigned char* from, const float* scales, __nv_bfloat16* to, std::size_t values,
                       int blocks, cudaStream_t stream) {
  dequantise_kernel<<<grid_of(blocks, values / 8), kThreads, 0, stream>>>(
      reinterpret_cast<const EightFp8*>(from), scales, reinterpret_cast<Eight*>(to), values / 8);
  check_cuda(cudaGetLastError(), "dequantise");
}

}  // namespace cleave::bench

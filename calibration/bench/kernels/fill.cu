#include <cuda_bf16.h>

#include "calibration/bench/device/error.h"
#include "calibration/bench/kernels/fill.h"

namespace cleave::bench {
namespace {

__device__ unsigned mix(unsigned long long index) {
  unsigned long long x = (index + 1) * 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return static_cast<unsigned>(x >> 32);
}

__global__ void bf16_kernel(__nv_bfloat16* data, std::size_t count) {
  const std::size_t step = static_cast<std::size_t>(gridDim.x) * blockDim.x;
  for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step) {
    data[i] = __float2bfloat16(static_cast<float>(mix(i)) * 4.6566129e-10f - 1.0f);
  }
}

__global__ void fp8_kernel(unsigned char* data, std::size_t count) {
  const std::size_t step = static_cast<std::size_t>(gridDim.x) * blockDim.x;
  for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step) {
    data[i] = static_cast<unsigned char>(mix(i) & 0xbfU);  // clears the exponent's top bit: no NaN
  }
}

constexpr unsigned kBlocks = 4096;

}  // namespace

void fill_random_bf16(void* data, std::size_t bytes, cudaStream_t stream) {
  bf16_kernel<<<kBlocks, 256, 0, stream>>>(static_cast<__nv_bfloat16*>(data), bytes / sizeof(__nv_bfloat16));
  check_cuda(cudaGetLastError(), "fill_random_bf16");
}

void fill_random_fp8(void* data, std::size_t bytes, cudaStream_t stream) {
  fp8_kernel<<<kBlocks, 256, 0, stream>>>(static_cast<unsigned char*>(data), bytes);
  check_cuda(cudaGetLastError(), "fill_random_fp8");
}

}  // namespace cleave::bench

#include "calibration/bench/device/error.h"
#include "calibration/bench/kernels/elementwise.h"

namespace cleave::bench {
namespace {

using bf16 = __nv_bfloat16;
constexpr int kThreads = 256;

/// Eight values: one 16-byte access.
struct alignas(16) Eight {
  bf16 value[8];
};

__device__ float block_sum(float value) {
  __shared__ float sums[kThreads / 32];
  for (int step = 16; step > 0; step /= 2) value += __shfl_xor_sync(0xffffffffU, value, step);
  if (threadIdx.x % 32 == 0) sums[threadIdx.x / 32] = value;
  __syncthreads();
  float total = 0;
  for (int i = 0; i < kThreads / 32; ++i) total += sums[i];
  return total;
}

__global__ void add_rms_norm_kernel(const Eight* x, Eight* residual, const Eight* weight, Eight* out, int eights) {
  const std::size_t row = static_cast<std::size_t>(blockIdx.x) * eights;
  float squares = 0;
  for (int i = threadIdx.x; i < eights; i += kThreads) {
    const Eight a = x[row + i];
    Eight r = residual[row + i];
    for (int j = 0; j < 8; ++j) {
      const float sum = __bfloat162float(a.value[j]) + __bfloat162float(r.value[j]);
      r.value[j] = __float2bfloat16(sum);
      squares += sum * sum;
    }
    residual[row + i] = r;
  }
  const float scale = rsqrtf(block_sum(squares) / static_cast<float>(eights * 8) + 1e-6f);
  for (int i = threadIdx.x; i < eights; i += kThreads) {
    const Eight r = residual[row + i];
    const Eight w = weight[i];
    Eight y;
    for (int j = 0; j < 8; ++j) {
      y.value[j] = __float2bfloat16(__bfloat162float(r.value[j]) * scale * __bfloat162float(w.value[j]));
    }
    out[row + i] = y;
  }
}

__global__ void rotary_kernel(const bf16* x, bf16* out, bf16* cache, const int* slots, int width, int kv_width) {
  const std::size_t token = blockIdx.x;
  for (int i = threadIdx.x; i < width / 2; i += kThreads) {
    const int low = i / 64 * 128 + i % 64;
    const float angle = static_cast<float>(token) * exp2f(-static_cast<float>(i % 64) * (18.931569f / 64.0f));
    float sine = 0;
    float cosine = 0;
    __sincosf(angle, &sine, &cosine);
    const float a = __bfloat162float(x[token * width + low]);
    const float b = __bfloat162float(x[token * width + low + 64]);
    const bf16 first = __float2bfloat16(a * cosine - b * sine);
    const bf16 second = __float2bfloat16(b * cosine + a * sine);
    out[token * width + low] = first;
    out[token * width + low + 64] = second;
    if (low >= width - kv_width) {
      bf16* row = cache + static_cast<std::size_t>(slots[token]) * kv_width + low - (width - kv_width);
      row[0] = first;
      row[64] = second;
    }
  }
}

__global__ void silu_mul_kernel(const Eight* in, Eight* out, int eights) {
  const std::size_t row = blockIdx.x;
  const int i = static_cast<int>(blockIdx.y) * kThreads + threadIdx.x;
  if (i >= eights) return;
  const Eight gate = in[row * 2 * eights + i];
  const Eight up = in[row * 2 * eights + eights + i];
  Eight y;
  for (int j = 0; j < 8; ++j) {
    const float g = __bfloat162float(gate.value[j]);
    y.value[j] = __float2bfloat16(g / (1.0f + __expf(-g)) * __bfloat162float(up.value[j]));
  }
  out[row * eights + i] = y;
}

const Eight* eights(const bf16* data) {
  return reinterpret_cast<const Eight*>(data);
}
Eight* eights(bf16* data) {
  return reinterpret_cast<Eight*>(data);
}

}  // namespace

void launch_add_rms_norm(const bf16* x, bf16* residual, const bf16* weight, bf16* out, int tokens, int width,
                         cudaStream_t stream) {
  add_rms_norm_kernel<<<static_cast<unsigned>(tokens), kThreads, 0, stream>>>(eights(x), eights(residual),
                                                                              eights(weight), eights(out), width / 8);
  check_cuda(cudaGetLastError(), "add_rms_norm");
}

void launch_rotary_kv_write(const bf16* x, bf16* out, bf16* cache, const int* slots, int tokens, int width,
                            int kv_width, cudaStream_t stream) {
  rotary_kernel<<<static_cast<unsigned>(tokens), kThreads, 0, stream>>>(x, out, cache, slots, width, kv_width);
  check_cuda(cudaGetLastError(), "rotary_kv_write");
}

void launch_silu_mul(const bf16* in, bf16* out, int tokens, int width, cudaStream_t stream) {
  const dim3 grid(static_cast<unsigned>(tokens), static_cast<unsigned>((width / 8 + kThreads - 1) / kThreads));
  silu_mul_kernel<<<grid, kThreads, 0, stream>>>(eights(in), eights(out), width / 8);
  check_cuda(cudaGetLastError(), "silu_mul");
}

}  // namespace cleave::bench

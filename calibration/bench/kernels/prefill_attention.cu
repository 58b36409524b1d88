#include "calibration/bench/device/error.h"
#include "calibration/bench/kernels/attention.h"
#include "calibration/bench/kernels/softmax_rows.cuh"

namespace cleave::bench {
namespace {

constexpr int kQueries = 64;
constexpr int kKeys = 64;
constexpr int kThreads = 128;
constexpr int kStride = kHeadDim + 8;  // rows end up in different banks

__device__ void load_tile(bf16* tile, const bf16* first, std::size_t stride, int rows) {
  for (int i = threadIdx.x; i < kKeys * kHeadDim / 8; i += kThreads) {
    const int row = i / (kHeadDim / 8);
    const int column = i % (kHeadDim / 8) * 8;
    const bool valid = row < rows;
    copy_async(tile + row * kStride + column, first + (valid ? row : 0) * stride + column, valid);
  }
}

__device__ void mask(float (&scores)[kKeys / 8][4], int first_key, int last_key_of_row_0) {
  const int g = (threadIdx.x % 32) / 4;
  const int t = threadIdx.x % 4;
#pragma unroll
  for (int n = 0; n < kKeys / 8; ++n) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int key = first_key + n * 8 + 2 * t + i % 2;
      if (key > last_key_of_row_0 + g + (i / 2) * 8) scores[n][i] = -INFINITY;
    }
  }
}

/// One block: 64 queries of one head. The next keys load while the scores become weights, the values while the scores
/// are computed.
__global__ void __launch_bounds__(kThreads) prefill_kernel(PrefillAttention work) {
  __shared__ alignas(16) bf16 keys[kKeys * kStride];
  __shared__ alignas(16) bf16 values[kKeys * kStride];
  // Late queries see the most keys: they start first.
  const int first = (gridDim.x - 1 - blockIdx.x) * kQueries;
  const int head = blockIdx.y;
  const int kv_head = head / (work.heads / work.kv_heads);
  const int total = work.prefix + work.isl;
  const std::size_t q_stride = static_cast<std::size_t>(work.heads) * kHeadDim;
  const std::size_t kv_stride = static_cast<std::size_t>(work.kv_heads) * kHeadDim;
  const int warp_first = first + static_cast<int>(threadIdx.x / 32) * 16;
  const std::size_t q_at = (static_cast<std::size_t>(blockIdx.z) * work.isl + warp_first) * q_stride + head * kHeadDim;
  const std::size_t kv_at = static_cast<std::size_t>(blockIdx.z) * total * kv_stride + kv_head * kHeadDim;

  std::uint32_t q[kHeadDim / 16][4];
  // 1/sqrt(128) and log2(e)
  load_queries<kHeadDim>(q, work.q + q_at, q_stride, work.isl - warp_first, 0.08838835f * 1.4426950f);
  SoftmaxRows<kHeadDim> rows;
  const int end = min(total, work.prefix + first + kQueries);
  load_tile(keys, work.k + kv_at, kv_stride, total);
  commit_copies();
  for (int at = 0; at < end; at += kKeys) {
    load_tile(values, work.v + kv_at + at * kv_stride, kv_stride, total - at);
    commit_copies();
    wait_copies<1>();
    __syncthreads();
    float scores[kKeys / 8][4] = {};
    score<kHeadDim, kKeys / 8>(scores, q, keys, kStride);
    __syncthreads();
    if (at + kKeys < end) load_tile(keys, work.k + kv_at + (at + kKeys) * kv_stride, kv_stride, total - at - kKeys);
    commit_copies();
    if (at + kKeys > work.prefix + first) mask(scores, at, work.prefix + warp_first);
    update(rows, scores);
    wait_copies<1>();
    __syncthreads();
    accumulate(rows, scores, values, kStride);
    __syncthreads();
  }
  const int g = (threadIdx.x % 32) / 4;
  const int t = threadIdx.x % 4;
  for (int half = 0; half < 2; ++half) {
    if (warp_first + g + half * 8 >= work.isl) continue;
    const float scale = 1.0f / rows.sum[half];
    bf16* out = work.out + q_at + (g + half * 8) * q_stride + 2 * t;
#pragma unroll
    for (int n = 0; n < kHeadDim / 8; ++n) {
      const std::uint32_t pair = pack(rows.output[n][2 * half] * scale, rows.output[n][2 * half + 1] * scale);
      *reinterpret_cast<std::uint32_t*>(out + n * 8) = pair;
    }
  }
}

}  // namespace

void launch_prefill_attention(const PrefillAttention& work, cudaStream_t stream) {
  const dim3 grid(static_cast<unsigned>((work.isl + kQueries - 1) / kQueries), static_cast<unsigned>(work.heads),
                  static_cast<unsigned>(work.batch));
  prefill_kernel<<<grid, kThreads, 0, stream>>>(work);
  check_cuda(cudaGetLastError(), "prefill attention");
}

}  // namespace cleave::bench

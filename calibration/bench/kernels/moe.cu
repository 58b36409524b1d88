#include "calibration/bench/device/error.h"
#include "calibration/bench/kernels/mma.cuh"
#include "calibration/bench/kernels/moe.h"

namespace cleave::bench {
namespace {

constexpr int kWarps = 4;
constexpr int kColumns = 128;  // 32 a warp
constexpr int kDepth = 64;
constexpr int kStride = kDepth + 8;
constexpr int kStages = 3;

template <int kRows>
constexpr std::size_t shared_bytes() {
  return sizeof(bf16) * kStages * (kRows + kColumns) * kStride;
}

template <int kRows>
__device__ void load_stage(const GroupedProduct& work, const ExpertTile& tile, bf16* stage, int depth) {
  for (int i = threadIdx.x; i < (kRows + kColumns) * kDepth / 8; i += kWarps * 32) {
    const int row = i / (kDepth / 8);
    const int column = i % (kDepth / 8) * 8;
    if (row < kRows) {
      const bool valid = row < tile.rows;
      const int sorted = tile.first + (valid ? row : 0);
      const std::size_t from = work.source == nullptr ? sorted : work.source[sorted];
      copy_async(stage + row * kStride + column, work.x + from * work.k + depth + column, valid);
    } else {
      const std::size_t n = static_cast<std::size_t>(tile.expert) * work.n + blockIdx.x * kColumns + row - kRows;
      copy_async(stage + row * kStride + column, work.w + n * work.k + depth + column, true);
    }
  }
}

template <int kRows>
__device__ void multiply_stage(const bf16* stage, float (&sums)[kRows / 16][4][4]) {
  const bf16* weights = stage + (kRows + static_cast<int>(threadIdx.x / 32) * 32) * kStride;
#pragma unroll
  for (int k = 0; k < kDepth; k += 16) {
    std::uint32_t b[2][4];
    load_b_pair(b[0], weights + k, kStride);
    load_b_pair(b[1], weights + 16 * kStride + k, kStride);
#pragma unroll
    for (int m = 0; m < kRows / 16; ++m) {
      std::uint32_t a[4];
      load_a(a, stage + m * 16 * kStride + k, kStride);
#pragma unroll
      for (int n = 0; n < 4; ++n) multiply_add(sums[m][n], a, b[n / 2][n % 2 * 2], b[n / 2][n % 2 * 2 + 1]);
    }
  }
}

/// One block: a tile of one expert's rows by 128 of its columns.
template <int kRows>
__global__ void __launch_bounds__(kWarps * 32) grouped_kernel(GroupedProduct work) {
  extern __shared__ __align__(16) unsigned char raw[];
  auto* stages = reinterpret_cast<bf16*>(raw);
  constexpr int kStage = (kRows + kColumns) * kStride;
  const ExpertTile tile = work.tiles[blockIdx.y];
  for (int s = 0; s < kStages - 1; ++s) {
    if (s * kDepth < work.k) load_stage<kRows>(work, tile, stages + s * kStage, s * kDepth);
    commit_copies();
  }
  float sums[kRows / 16][4][4] = {};
  for (int step = 0; step * kDepth < work.k; ++step) {
    wait_copies<kStages - 2>();
    __syncthreads();  // the stage is there, and all are done with the one that is loaded next
    const int next = step + kStages - 1;
    if (next * kDepth < work.k) load_stage<kRows>(work, tile, stages + next % kStages * kStage, next * kDepth);
    commit_copies();
    multiply_stage<kRows>(stages + step % kStages * kStage, sums);
  }
  wait_copies<0>();
  const int g = (threadIdx.x % 32) / 4;
  const int t = threadIdx.x % 4;
  const int column = blockIdx.x * kColumns + static_cast<int>(threadIdx.x / 32) * 32 + 2 * t;
  for (int m = 0; m < kRows / 16; ++m) {
    for (int half = 0; half < 2; ++half) {
      const int row = m * 16 + g + half * 8;
      if (row >= tile.rows) continue;
      bf16* out = work.y + static_cast<std::size_t>(tile.first + row) * work.n + column;
#pragma unroll
      for (int n = 0; n < 4; ++n) {
        *reinterpret_cast<std::uint32_t*>(out + n * 8) = pack(sums[m][n][2 * half], sums[m][n][2 * half + 1]);
      }
    }
  }
}

template <int kRows>
void launch(const GroupedProduct& work, cudaStream_t stream) {
  static const cudaError_t allowed = cudaFuncSetAttribute(
      grouped_kernel<kRows>, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shared_bytes<kRows>()));
  check_cuda(allowed, "shared memory of the grouped product");
  const dim3 grid(static_cast<unsigned>(work.n / kColumns), static_cast<unsigned>(work.tile_count));
  grouped_kernel<kRows><<<grid, kWarps * 32, shared_bytes<kRows>(), stream>>>(work);
  check_cuda(cudaGetLastError(), "grouped product");
}

__global__ void combine_kernel(const __nv_bfloat162* y, const int* place, const float* weight, __nv_bfloat162* out,
                               int top_k, int pairs) {
  const std::size_t token = blockIdx.x;
  for (int i = threadIdx.x; i < pairs; i += blockDim.x) {
    float2 sum = {0, 0};
    for (int j = 0; j < top_k; ++j) {
      const float2 value = __bfloat1622float2(y[static_cast<std::size_t>(place[token * top_k + j]) * pairs + i]);
      sum.x += weight[token * top_k + j] * value.x;
      sum.y += weight[token * top_k + j] * value.y;
    }
    out[token * pairs + i] = __floats2bfloat162_rn(sum.x, sum.y);
  }
}

}  // namespace

void launch_grouped_product(const GroupedProduct& work, cudaStream_t stream) {
  if (work.n % kColumns != 0 || work.k % kDepth != 0) throw Unsupported("grouped product: n or k of no whole tiles");
  if (work.tile_rows == 16) return launch<16>(work, stream);
  launch<64>(work, stream);
}

void launch_combine(const __nv_bfloat16* y, const int* place, const float* weight, __nv_bfloat16* out, int tokens,
                    int top_k, int width, cudaStream_t stream) {
  combine_kernel<<<static_cast<unsigned>(tokens), 256, 0, stream>>>(reinterpret_cast<const __nv_bfloat162*>(y), place,
                                                                    weight, reinterpret_cast<__nv_bfloat162*>(out),
                                                                    top_k, width / 2);
  check_cuda(cudaGetLastError(), "combine");
}

}  // namespace cleave::bench

#include <algorithm>

#include "calibration/bench/device/error.h"
#include "calibration/bench/kernels/attention.h"
#include "calibration/bench/kernels/softmax_rows.cuh"

namespace cleave::bench {
namespace {

constexpr int kWarps = 4;
constexpr int kTile = 16;  // keys a warp takes at a time: never across a page's end
constexpr int kStages = 3;
constexpr int kStride = kHeadDim + 8;
constexpr int kStageElements = 2 * kTile * kStride;
constexpr std::size_t kSharedBytes = sizeof(bf16) * kWarps * kStages * kStageElements;

/// Starts loading keys and values of one tile into the warp's stage.
__device__ void load_tile(const DecodeAttention& work, bf16* stage, int sequence, int kv_head, int first) {
  const int lane = threadIdx.x % 32;
  const int page = work.table[sequence * work.pages_per_sequence + first / work.block];
  const std::size_t row = static_cast<std::size_t>(work.kv_heads) * kHeadDim;
  const std::size_t at = (static_cast<std::size_t>(page) * work.block + first % work.block) * row + kv_head * kHeadDim;
#pragma unroll
  for (int i = lane; i < kTile * kHeadDim / 8; i += 32) {
    const int key = i / (kHeadDim / 8);
    const int column = i % (kHeadDim / 8) * 8;
    const bool valid = first + key < work.context;
    const std::size_t from = at + (valid ? key : 0) * row + column;
    copy_async(stage + key * kStride + column, work.k + from, valid);
    copy_async(stage + (kTile + key) * kStride + column, work.v + from, valid);
  }
}

/// The warp's tiles of the part [begin, end): every kWarps-th.
__device__ void attend(const DecodeAttention& work, bf16* stages, const std::uint32_t (&q)[kHeadDim / 16][4],
                       SoftmaxRows<kHeadDim>& rows, int begin, int end) {
  const int warp = threadIdx.x / 32;
  const int t = threadIdx.x % 4;
  const auto load = [&](int first, int stage) {
    if (first < end) load_tile(work, stages + stage * kStageElements, blockIdx.z, blockIdx.x, first);
    commit_copies();
  };
  int next = begin + warp * kTile;
  for (int stage = 0; stage < kStages - 1; ++stage, next += kWarps * kTile) load(next, stage);
  int stage = 0;
  for (int first = begin + warp * kTile; first < end; first += kWarps * kTile, next += kWarps * kTile) {
    load(next, (stage + kStages - 1) % kStages);
    wait_copies<kStages - 1>();
    __syncwarp();
    const bf16* tile = stages + stage * kStageElements;
    float scores[kTile / 8][4] = {};
    score<kHeadDim, kTile / 8>(scores, q, tile, kStride);
    if (first + kTile > end) {
#pragma unroll
      for (int n = 0; n < kTile / 8; ++n) {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          if (first + n * 8 + 2 * t + i % 2 >= end) scores[n][i] = -INFINITY;
        }
      }
    }
    update(rows, scores);
    accumulate(rows, scores, tile + kTile * kStride, kStride);
    __syncwarp();
    stage = (stage + 1) % kStages;
  }
  wait_copies<0>();
}

struct WarpSums {
  float largest[16];
  float sum[16];
};

/// Joins the four warps' rows and writes the part.
__device__ void finish(const DecodeAttention& work, float* outputs, WarpSums* sums, const SoftmaxRows<kHeadDim>& rows) {
  const int warp = threadIdx.x / 32;
  const int g = (threadIdx.x % 32) / 4;
  const int t = threadIdx.x % 4;
  for (int half = 0; half < 2; ++half) {
    const int row = g + half * 8;
    if (t == 0) {
      sums[warp].largest[row] = rows.largest[half];
      sums[warp].sum[row] = rows.sum[half];
    }
    for (int n = 0; n < kHeadDim / 8; ++n) {
      outputs[(warp * 16 + row) * kHeadDim + n * 8 + 2 * t] = rows.output[n][2 * half];
      outputs[(warp * 16 + row) * kHeadDim + n * 8 + 2 * t + 1] = rows.output[n][2 * half + 1];
    }
  }
  __syncthreads();
  const int group = work.heads / work.kv_heads;
  const int split = blockIdx.y;
  float* pairs = work.partial + static_cast<std::size_t>(work.batch) * work.heads * work.splits * kHeadDim;
  for (int i = threadIdx.x; i < group * kHeadDim; i += kWarps * 32) {
    const int row = i / kHeadDim;
    float largest = -INFINITY;
    for (int w = 0; w < kWarps; ++w) largest = fmaxf(largest, sums[w].largest[row]);
    float sum = 0;
    float output = 0;
    for (int w = 0; w < kWarps; ++w) {
      const float factor = sums[w].largest[row] == -INFINITY ? 0.0f : exp2f(sums[w].largest[row] - largest);
      sum += factor * sums[w].sum[row];
      output += factor * outputs[(w * 16 + row) * kHeadDim + i % kHeadDim];
    }
    const std::size_t at = static_cast<std::size_t>(blockIdx.z) * work.heads + blockIdx.x * group + row;
    if (work.splits == 1) {
      work.out[at * kHeadDim + i % kHeadDim] = __float2bfloat16(output / sum);
    } else {
      work.partial[(at * work.splits + split) * kHeadDim + i % kHeadDim] = output;
      if (i % kHeadDim == 0) {
        pairs[(at * work.splits + split) * 2] = largest;
        pairs[(at * work.splits + split) * 2 + 1] = sum;
      }
    }
  }
}

/// One block: the query heads of one KV head, over one part of one sequence's keys.
__global__ void __launch_bounds__(kWarps * 32) decode_kernel(DecodeAttention work) {
  extern __shared__ __align__(16) unsigned char shared[];
  const int group = work.heads / work.kv_heads;
  const int tiles = (work.context + kTile - 1) / kTile;
  const int tiles_a_split = (tiles + work.splits - 1) / work.splits;
  const int begin = min(work.context, static_cast<int>(blockIdx.y) * tiles_a_split * kTile);
  const int end = min(work.context, begin + tiles_a_split * kTile);
  std::uint32_t q[kHeadDim / 16][4];
  const bf16* first = work.q + (static_cast<std::size_t>(blockIdx.z) * work.heads + blockIdx.x * group) * kHeadDim;
  load_queries<kHeadDim>(q, first, kHeadDim, group, 0.08838835f * 1.4426950f);
  SoftmaxRows<kHeadDim> rows;
  bf16* stages = reinterpret_cast<bf16*>(shared) + static_cast<int>(threadIdx.x / 32) * kStages * kStageElements;
  attend(work, stages, q, rows, begin, end);
  __syncthreads();  // the stages become the place where the warps meet
  auto* outputs = reinterpret_cast<float*>(shared);
  finish(work, outputs, reinterpret_cast<WarpSums*>(outputs + kWarps * 16 * kHeadDim), rows);
}

}  // namespace

int decode_splits(int batch, int kv_heads, int context, int multiprocessors) {
  const int wanted = (2 * multiprocessors + batch * kv_heads - 1) / (batch * kv_heads);
  return std::clamp(wanted, 1, std::max(1, context / 256));
}

std::size_t partial_floats(int batch, int heads, int width, int splits) {
  return static_cast<std::size_t>(batch) * static_cast<std::size_t>(heads) * static_cast<std::size_t>(splits) *
         static_cast<std::size_t>(width + 2);
}

void launch_decode_attention(const DecodeAttention& work, cudaStream_t stream) {
  if (work.heads / work.kv_heads > 16) throw Unsupported("at most 16 query heads a KV head");
  static const cudaError_t allowed =
      cudaFuncSetAttribute(decode_kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(kSharedBytes));
  check_cuda(allowed, "shared memory of decode attention");
  const dim3 grid(static_cast<unsigned>(work.kv_heads), static_cast<unsigned>(work.splits),
                  static_cast<unsigned>(work.batch));
  decode_kernel<<<grid, kWarps * 32, kSharedBytes, stream>>>(work);
  check_cuda(cudaGetLastError(), "decode attention");
  if (work.splits > 1) {
    launch_join_parts(work.partial, work.out, work.batch * work.heads, kHeadDim, work.splits, stream);
  }
}

}  // namespace cleave::bench

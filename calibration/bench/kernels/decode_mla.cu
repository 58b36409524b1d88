#include "calibration/bench/device/error.h"
#include "calibration/bench/kernels/attention.h"
#include "calibration/bench/kernels/softmax_rows.cuh"

namespace cleave::bench {
namespace {

constexpr int kWarps = 4;
constexpr int kTile = 32;  // keys a step: 8 a warp for the scores, all of them for the warp's 128 output channels
constexpr int kStages = 2;
constexpr int kStride = kLatent + 8;
constexpr int kWeightStride = kTile + 8;
constexpr int kWidthAWarp = kLatentValue / kWarps;

struct Shared {
  alignas(16) bf16 queries[16 * kStride];
  alignas(16) bf16 latents[kStages][kTile * kStride];
  alignas(16) bf16 weights[16 * kWeightStride];
  float largest[kWarps][16];
  float sum[kWarps][16];
};

__device__ void load_tile(const DecodeMla& work, bf16* tile, int first) {
  const int page = work.table[blockIdx.z * work.pages_per_sequence + first / work.block];
  const bf16* from = work.latents + (static_cast<std::size_t>(page) * work.block + first % work.block) * kLatent;
  for (int i = threadIdx.x; i < kTile * kLatent / 8; i += kWarps * 32) {
    const int key = i / (kLatent / 8);
    const int column = i % (kLatent / 8) * 8;
    const bool valid = first + key < work.context;
    copy_async(tile + key * kStride + column, from + (valid ? key : 0) * kLatent + column, valid);
  }
}

__device__ void load_queries_tile(const DecodeMla& work, bf16* queries) {
  const bf16* from = work.q + (static_cast<std::size_t>(blockIdx.z) * work.heads + blockIdx.x * 16) *
                                  static_cast<std::size_t>(kLatent);
  for (int i = threadIdx.x; i < 16 * kLatent / 8; i += kWarps * 32) {
    const int row = i / (kLatent / 8);
    const int column = i % (kLatent / 8) * 8;
    copy_async(queries + row * kStride + column, from + row * kLatent + column, true);
  }
}

/// Scores of the warp's 8 keys for all 16 heads, scaled by 1/sqrt(192) log2(e); the head dimension before absorption.
__device__ void score_warp(const Shared& shared, const bf16* tile, float (&scores)[4]) {
  const int lane = threadIdx.x % 32;
  const bf16* keys = tile + static_cast<int>(threadIdx.x / 32) * 8 * kStride;
  for (int k = 0; k < kLatent / 16; k += 2) {
    std::uint32_t b[4];  // 32 deep, 8 wide
    load_matrices(b, keys + (lane % 8) * kStride + k * 16 + (lane / 8) * 8);
    for (int i = 0; i < 2; ++i) {
      std::uint32_t a[4];
      load_a(a, shared.queries + (k + i) * 16, kStride);
      multiply_add(scores, a, b[2 * i], b[2 * i + 1]);
    }
  }
#pragma unroll
  for (float& value : scores) value *= 0.07216878f * 1.4426950f;
}

struct Rows {
  float output[kWidthAWarp / 8][4] = {};
  float largest[2] = {-INFINITY, -INFINITY};
  float sum[2] = {0, 0};
};

/// Turns scores into weights in shared memory, with the largest score of all warps, and rescales what was summed.
__device__ void weigh(Shared& shared, float (&scores)[4], Rows& rows) {
  const int warp = threadIdx.x / 32;
  const int g = (threadIdx.x % 32) / 4;
  const int t = threadIdx.x % 4;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const float mine = over_row(fmaxf(scores[2 * half], scores[2 * half + 1]), true);
    if (t == 0) shared.largest[warp][g + half * 8] = mine;
  }
  __syncthreads();
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int row = g + half * 8;
    float largest = rows.largest[half];
    for (int w = 0; w < kWarps; ++w) largest = fmaxf(largest, shared.largest[w][row]);
    const float base = largest == -INFINITY ? 0.0f : largest;
    const float factor = exp2f(rows.largest[half] - base);
    const float low = exp2f(scores[2 * half] - base);
    const float high = exp2f(scores[2 * half + 1] - base);
    *reinterpret_cast<std::uint32_t*>(&shared.weights[row * kWeightStride + warp * 8 + 2 * t]) = pack(low, high);
    rows.sum[half] = rows.sum[half] * factor + over_row(low + high, false);  // of this warp's keys
    rows.largest[half] = largest;
#pragma unroll
    for (int n = 0; n < kWidthAWarp / 8; ++n) {
      rows.output[n][2 * half] *= factor;
      rows.output[n][2 * half + 1] *= factor;
    }
  }
  __syncthreads();
}

__device__ void accumulate_warp(const Shared& shared, const bf16* tile, Rows& rows) {
  const bf16* values = tile + static_cast<int>(threadIdx.x / 32) * kWidthAWarp;
#pragma unroll
  for (int k = 0; k < kTile / 16; ++k) {
    std::uint32_t a[4];
    load_a(a, shared.weights + k * 16, kWeightStride);
#pragma unroll
    for (int n = 0; n < kWidthAWarp / 16; ++n) {
      std::uint32_t b[4];
      load_b_pair_transposed(b, values + k * 16 * kStride + n * 16, kStride);
      multiply_add(rows.output[2 * n], a, b[0], b[1]);
      multiply_add(rows.output[2 * n + 1], a, b[2], b[3]);
    }
  }
}

__device__ void finish(const DecodeMla& work, Shared& shared, const Rows& rows) {
  const int warp = threadIdx.x / 32;
  const int g = (threadIdx.x % 32) / 4;
  const int t = threadIdx.x % 4;
  if (t == 0) {
    shared.sum[warp][g] = rows.sum[0];
    shared.sum[warp][g + 8] = rows.sum[1];
  }
  __syncthreads();
  float* pairs = work.partial + static_cast<std::size_t>(work.batch) * work.heads * work.splits * kLatentValue;
  for (int half = 0; half < 2; ++half) {
    const int row = g + half * 8;
    float sum = 0;
    for (int w = 0; w < kWarps; ++w) sum += shared.sum[w][row];
    const std::size_t at = static_cast<std::size_t>(blockIdx.z) * work.heads + blockIdx.x * 16 + row;
    const std::size_t part = at * work.splits + blockIdx.y;
    for (int n = 0; n < kWidthAWarp / 8; ++n) {
      const int column = warp * kWidthAWarp + n * 8 + 2 * t;
      const float low = rows.output[n][2 * half];
      const float high = rows.output[n][2 * half + 1];
      if (work.splits == 1) {
        *reinterpret_cast<std::uint32_t*>(work.out + at * kLatentValue + column) = pack(low / sum, high / sum);
      } else {
        work.partial[part * kLatentValue + column] = low;
        work.partial[part * kLatentValue + column + 1] = high;
      }
    }
    if (work.splits > 1 && warp == 0 && t == 0) {
      pairs[part * 2] = rows.largest[half];
      pairs[part * 2 + 1] = sum;
    }
  }
}

/// One block: 16 heads over one part of one sequence's latents.
__global__ void __launch_bounds__(kWarps * 32) mla_kernel(DecodeMla work) {
  extern __shared__ __align__(16) unsigned char raw[];
  Shared& shared = *reinterpret_cast<Shared*>(raw);
  const int t = threadIdx.x % 4;
  const int tiles = (work.context + kTile - 1) / kTile;
  const int tiles_a_split = (tiles + work.splits - 1) / work.splits;
  const int begin = static_cast<int>(blockIdx.y) * tiles_a_split * kTile;
  const int end = min(work.context, begin + tiles_a_split * kTile);
  Rows rows;
  load_queries_tile(work, shared.queries);
  if (begin < end) load_tile(work, shared.latents[0], begin);
  commit_copies();
  int stage = 0;
  for (int first = begin; first < end; first += kTile, stage ^= 1) {
    if (first + kTile < end) load_tile(work, shared.latents[stage ^ 1], first + kTile);
    commit_copies();
    wait_copies<1>();
    __syncthreads();
    float scores[4] = {};
    score_warp(shared, shared.latents[stage], scores);
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      if (first + static_cast<int>(threadIdx.x / 32) * 8 + 2 * t + i % 2 >= end) scores[i] = -INFINITY;
    }
    weigh(shared, scores, rows);
    accumulate_warp(shared, shared.latents[stage], rows);
    __syncthreads();
  }
  wait_copies<0>();
  finish(work, shared, rows);
}

}  // namespace

void launch_decode_mla(const DecodeMla& work, cudaStream_t stream) {
  static const cudaError_t allowed =
      cudaFuncSetAttribute(mla_kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(sizeof(Shared)));
  check_cuda(allowed, "shared memory of latent attention");
  const dim3 grid(static_cast<unsigned>(work.heads / 16), static_cast<unsigned>(work.splits),
                  static_cast<unsigned>(work.batch));
  mla_kernel<<<grid, kWarps * 32, sizeof(Shared), stream>>>(work);
  check_cuda(cudaGetLastError(), "latent attention");
  if (work.splits > 1) {
    launch_join_parts(work.partial, work.out, work.batch * work.heads, kLatentValue, work.splits, stream);
  }
}

}  // namespace cleave::bench

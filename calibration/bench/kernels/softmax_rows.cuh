#pragma once
// Online softmax of 16 query rows held by one warp, and their output: the core of prefill and decode attention.

#include "calibration/bench/kernels/mma.cuh"

namespace cleave::bench {

/// Rows g and g+8 of the warp's 16 (index 0 and 1). `Width`: of the output, a multiple of 16.
template <int Width>
struct SoftmaxRows {
  float output[Width / 8][4] = {};
  float largest[2] = {-INFINITY, -INFINITY};
  float sum[2] = {0, 0};
};

__device__ inline float over_row(float value, bool maximum) {
  for (int step = 1; step < 4; step *= 2) {
    const float other = __shfl_xor_sync(0xffffffffU, value, step);
    value = maximum ? fmaxf(value, other) : value + other;
  }
  return value;
}

/// Scores (16 x 8 Tiles, already scaled by log2 e) become weights 2^(score - largest); earlier output is rescaled.
/// Rows without any finite score keep weight zero.
template <int Tiles, int Width>
__device__ inline void update(SoftmaxRows<Width>& rows, float (&scores)[Tiles][4]) {
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    float largest = rows.largest[half];
#pragma unroll
    for (int i = 0; i < Tiles; ++i) largest = fmaxf(largest, fmaxf(scores[i][2 * half], scores[i][2 * half + 1]));
    largest = over_row(largest, true);
    const float base = largest == -INFINITY ? 0.0f : largest;
    const float factor = exp2f(rows.largest[half] - base);
    float sum = 0;
#pragma unroll
    for (int i = 0; i < Tiles; ++i) {
#pragma unroll
      for (int j = 2 * half; j < 2 * half + 2; ++j) {
        scores[i][j] = exp2f(scores[i][j] - base);
        sum += scores[i][j];
      }
    }
    rows.sum[half] = rows.sum[half] * factor + over_row(sum, false);
    rows.largest[half] = largest;
#pragma unroll
    for (int i = 0; i < Width / 8; ++i) {
      rows.output[i][2 * half] *= factor;
      rows.output[i][2 * half + 1] *= factor;
    }
  }
}

/// scores = q k^T for keys in shared memory, one a row.
template <int Depth, int Tiles>
__device__ inline void score(float (&scores)[Tiles][4], const std::uint32_t (&q)[Depth / 16][4], const bf16* keys,
                             int stride) {
#pragma unroll
  for (int k = 0; k < Depth / 16; ++k) {
#pragma unroll
    for (int n = 0; n < Tiles; n += 2) {
      std::uint32_t b[4];
      load_b_pair(b, keys + n * 8 * stride + k * 16, stride);
      multiply_add(scores[n], q[k], b[0], b[1]);
      multiply_add(scores[n + 1], q[k], b[2], b[3]);
    }
  }
}

/// output += weights v for values in shared memory, one a row.
template <int Tiles, int Width>
__device__ inline void accumulate(SoftmaxRows<Width>& rows, const float (&weights)[Tiles][4], const bf16* values,
                                  int stride) {
#pragma unroll
  for (int k = 0; k < Tiles / 2; ++k) {
    const std::uint32_t a[4] = {pack(weights[2 * k][0], weights[2 * k][1]), pack(weights[2 * k][2], weights[2 * k][3]),
                                pack(weights[2 * k + 1][0], weights[2 * k + 1][1]),
                                pack(weights[2 * k + 1][2], weights[2 * k + 1][3])};
#pragma unroll
    for (int n = 0; n < Width / 16; ++n) {
      std::uint32_t b[4];
      load_b_pair_transposed(b, values + k * 16 * stride + n * 16, stride);
      multiply_add(rows.output[2 * n], a, b[0], b[1]);
      multiply_add(rows.output[2 * n + 1], a, b[2], b[3]);
    }
  }
}

/// The warp's 16 rows of q as fragments, scaled. Rows from `rows` on are zero.
template <int Depth>
__device__ inline void load_queries(std::uint32_t (&q)[Depth / 16][4], const bf16* first, std::size_t stride, int rows,
                                    float scale) {
  const int g = (threadIdx.x % 32) / 4;
  const int t = threadIdx.x % 4;
#pragma unroll
  for (int k = 0; k < Depth / 16; ++k) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int row = g + (i % 2) * 8;
      const bf16* from = first + row * stride + k * 16 + 2 * t + (i / 2) * 8;
      q[k][i] = row < rows ? pack(__bfloat162float(from[0]) * scale, __bfloat162float(from[1]) * scale) : 0U;
    }
  }
}

}  // namespace cleave::bench

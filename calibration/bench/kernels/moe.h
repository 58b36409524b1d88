#pragma once
// Fused experts: products of row groups with each expert's weights, and the weighted sum of what they return. bf16.

#include <cuda_bf16.h>
#include <cuda_runtime_api.h>

namespace cleave::bench {

/// Rows [first, first + rows) of the sorted order, all of one expert; at most GroupedProduct::tile_rows.
struct ExpertTile {
  int expert = 0;
  int first = 0;
  int rows = 0;
};

/// y[i] = w[expert of i] x[source[i]] for sorted rows i; source null means i itself.
/// Shape: w [experts][n][k]; n a multiple of 128, k of 64.
struct GroupedProduct {
  const __nv_bfloat16* x = nullptr;
  const int* source = nullptr;
  const __nv_bfloat16* w = nullptr;
  __nv_bfloat16* y = nullptr;
  const ExpertTile* tiles = nullptr;
  int tile_count = 0;
  /// 16 or 64: rows of the tensor-core tile.
  int tile_rows = 16;
  int n = 128;
  int k = 64;
};
void launch_grouped_product(const GroupedProduct& work, cudaStream_t stream);

/// out[token] = sum over j of weight[token][j] y[place[token][j]]. Shape: y [.][width], width a multiple of 2.
void launch_combine(const __nv_bfloat16* y, const int* place, const float* weight, __nv_bfloat16* out, int tokens,
                    int top_k, int width, cudaStream_t stream);

}  // namespace cleave::bench

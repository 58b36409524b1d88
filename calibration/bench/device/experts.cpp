#include "calibration/bench/device/experts.h"

#include <algorithm>

#include "calibration/bench/kernels/elementwise.h"

namespace cleave::bench {
namespace {

using bf16 = __nv_bfloat16;

std::vector<ExpertTile> tiles_of(const Routing& routing, int rows_a_tile) {
  std::vector<ExpertTile> tiles;
  int first = 0;
  for (std::size_t expert = 0; expert < routing.rows_of_expert.size(); ++expert) {
    for (int left = routing.rows_of_expert[expert]; left > 0; left -= rows_a_tile) {
      tiles.push_back({static_cast<int>(expert), first, std::min(left, rows_a_tile)});
      first += tiles.back().rows;
    }
  }
  return tiles;
}

}  // namespace

Experts::Experts(const ExpertShape& shape, const Routing& routing, Bench& bench) : shape_(shape) {
  product_.tile_rows = shape.rows() > 16 * shape.experts ? 64 : 16;
  const std::vector<ExpertTile> tiles = tiles_of(routing, product_.tile_rows);
  product_.tiles = bench.upload(tiles);
  product_.tile_count = static_cast<int>(tiles.size());
  source_ = bench.upload(routing.source);
  place_ = bench.upload(routing.place);
  weights_ = bench.upload(std::vector<float>(shape.rows(), 1.0F / static_cast<float>(shape.top_k)));
  wide_ = bench.scratch().take<bf16>(shape.rows() * 2 * shape.inner);
  inner_ = bench.scratch().take<bf16>(shape.rows() * shape.inner);
  rows_ = bench.scratch().take<bf16>(shape.rows() * shape.hidden);
}

void Experts::launch(const bf16* x, const bf16* up, const bf16* down, bf16* out, cudaStream_t stream) const {
  GroupedProduct product = product_;
  product.x = x;
  product.source = source_;
  product.w = up;
  product.y = wide_;
  product.n = static_cast<int>(2 * shape_.inner);
  product.k = static_cast<int>(shape_.hidden);
  launch_grouped_product(product, stream);
  launch_silu_mul(wide_, inner_, static_cast<int>(shape_.rows()), static_cast<int>(shape_.inner), stream);
  product.x = inner_;
  product.source = nullptr;
  product.w = down;
  product.y = rows_;
  product.n = static_cast<int>(shape_.hidden);
  product.k = static_cast<int>(shape_.inner);
  launch_grouped_product(product, stream);
  launch_combine(rows_, place_, weights_, out, static_cast<int>(shape_.tokens), static_cast<int>(shape_.top_k),
                 static_cast<int>(shape_.hidden), stream);
}

}  // namespace cleave::bench

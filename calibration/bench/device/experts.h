#pragma once
// The expert layer of one model and batch: planned once, launched on any weights and activations.

#include "calibration/bench/device/bench.h"
#include "calibration/bench/grid/routing.h"
#include "calibration/bench/kernels/moe.h"

namespace cleave::bench {

struct ExpertShape {
  std::size_t tokens = 1;
  std::size_t hidden = 0;
  /// Of this rank.
  std::size_t inner = 0;
  std::size_t experts = 0;
  std::size_t top_k = 0;

  [[nodiscard]] std::size_t rows() const { return tokens * top_k; }
  [[nodiscard]] std::size_t up_weights() const { return experts * 2 * inner * hidden; }
  [[nodiscard]] std::size_t down_weights() const { return experts * inner * hidden; }
};

class Experts {
 public:
  /// Puts the tables of `routing` and the intermediate buffers into the bench's scratch memory.
  Experts(const ExpertShape& shape, const Routing& routing, Bench& bench);

  /// out[tokens][hidden] from x[tokens][hidden]: gather, gate and up, SiLU, down, weighted sum.
  /// `up` [experts][2 inner][hidden], gates first; `down` [experts][hidden][inner].
  void launch(const __nv_bfloat16* x, const __nv_bfloat16* up, const __nv_bfloat16* down, __nv_bfloat16* out,
              cudaStream_t stream) const;

 private:
  ExpertShape shape_;
  GroupedProduct product_;
  int* source_ = nullptr;
  int* place_ = nullptr;
  float* weights_ = nullptr;
  __nv_bfloat16* wide_ = nullptr;
  __nv_bfloat16* inner_ = nullptr;
  __nv_bfloat16* rows_ = nullptr;
};

}  // namespace cleave::bench

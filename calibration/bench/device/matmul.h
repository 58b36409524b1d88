#pragma once
// A matrix product by cuBLASLt, planned once and launched often.

#include <cublasLt.h>
#include <cuda_runtime_api.h>

#include <cstdint>

#include "calibration/bench/device/arena.h"

namespace cleave::bench {

/// y[m,n] = x[m,k] w[n,k]^T, all rows contiguous, y in bf16. x and w are both bf16 or both FP8 (e4m3, scales of one).
class Matmul {
 public:
  enum class Input { bfloat16, fp8 };

  /// `workspace` provides the library's scratch memory. Errors: Unsupported if it has no kernel.
  Matmul(Input input, std::int64_t m, std::int64_t n, std::int64_t k, Arena& workspace);
  ~Matmul();
  Matmul(const Matmul&) = delete;
  Matmul& operator=(const Matmul&) = delete;

  void launch(const void* x, const void* w, void* y, cudaStream_t stream) const;

 private:
  void choose();

  cublasLtMatmulDesc_t operation_ = nullptr;
  cublasLtMatrixLayout_t w_layout_ = nullptr;
  cublasLtMatrixLayout_t x_layout_ = nullptr;
  cublasLtMatrixLayout_t y_layout_ = nullptr;
  cublasLtMatmulAlgo_t algorithm_{};
  void* workspace_ = nullptr;
};

}  // namespace cleave::bench

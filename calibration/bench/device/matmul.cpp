#include "calibration/bench/device/matmul.h"

namespace cleave::bench {
namespace {

constexpr std::size_t kWorkspace = std::size_t{64} << 20;

/// One handle a process, on first use: creating it takes longer than most points.
cublasLtHandle_t library() {
  static const cublasLtHandle_t handle = [] {
    cublasLtHandle_t created = nullptr;
    check_cublas(cublasLtCreate(&created), "cublasLtCreate");
    return created;
  }();
  return handle;
}

}  // namespace

Matmul::Matmul(Input input, std::int64_t m, std::int64_t n, std::int64_t k, Arena& workspace)
    : workspace_(workspace.take<char>(kWorkspace)) {
  // The library counts in columns: row-major w[n,k] is its k x n, used transposed; the others are as they are.
  const cudaDataType_t type = input == Input::fp8 ? CUDA_R_8F_E4M3 : CUDA_R_16BF;
  const cublasOperation_t transposed = CUBLAS_OP_T;
  check_cublas(cublasLtMatmulDescCreate(&operation_, CUBLAS_COMPUTE_32F, CUDA_R_32F), "matmul");
  check_cublas(cublasLtMatmulDescSetAttribute(operation_, CUBLASLT_MATMUL_DESC_TRANSA, &transposed, sizeof(transposed)),
               "transpose");
  const auto rows = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
  check_cublas(cublasLtMatrixLayoutCreate(&w_layout_, type, rows(k), rows(n), k), "layout of w");
  check_cublas(cublasLtMatrixLayoutCreate(&x_layout_, type, rows(k), rows(m), k), "layout of x");
  check_cublas(cublasLtMatrixLayoutCreate(&y_layout_, CUDA_R_16BF, rows(n), rows(m), n), "layout of y");
  choose();
}

void Matmul::choose() {
  cublasLtMatmulPreference_t preference = nullptr;
  check_cublas(cublasLtMatmulPreferenceCreate(&preference), "preference");
  (void)cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &kWorkspace,
                                             sizeof(kWorkspace));
  cublasLtMatmulHeuristicResult_t best{};
  int found = 0;
  const cublasStatus_t status = cublasLtMatmulAlgoGetHeuristic(library(), operation_, w_layout_, x_layout_, y_layout_,
                                                               y_layout_, preference, 1, &best, &found);
  (void)cublasLtMatmulPreferenceDestroy(preference);
  check_cublas(found > 0 ? status : CUBLAS_STATUS_NOT_SUPPORTED, "no kernel");
  algorithm_ = best.algo;
}

Matmul::~Matmul() {
  cublasLtMatrixLayoutDestroy(y_layout_);
  cublasLtMatrixLayoutDestroy(x_layout_);
  cublasLtMatrixLayoutDestroy(w_layout_);
  cublasLtMatmulDescDestroy(operation_);
}

void Matmul::launch(const void* x, const void* w, void* y, cudaStream_t stream) const {
  const float one = 1;
  const float zero = 0;
  check_cublas(cublasLtMatmul(library(), operation_, &one, w, w_layout_, x, x_layout_, &zero, y, y_layout_, y,
                              y_layout_, &algorithm_, workspace_, kWorkspace, stream),
               "cublasLtMatmul");
}

}  // namespace cleave::bench

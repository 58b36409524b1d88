#pragma once
// cuDNN's fused attention, where the library was found when this was configured.

#include <cuda_runtime_api.h>

#include <cstddef>
#include <memory>
#include <string>

#include "calibration/bench/kernels/attention.h"

namespace cleave::bench {

/// "91900"; "absent" in a build without it.
[[nodiscard]] std::string cudnn_version();

/// A plan for causal attention of one shape: build once, launch on any buffers of that shape.
class CudnnPrefill {
 public:
  /// `shape`: its buffers do not matter. Errors: Unsupported if the library is absent or has no engine for it.
  explicit CudnnPrefill(const PrefillAttention& shape);
  ~CudnnPrefill();
  CudnnPrefill(CudnnPrefill&&) noexcept;

  [[nodiscard]] std::size_t workspace_bytes() const;
  /// `workspace` holds workspace_bytes(). Errors: Unsupported when the library declines.
  void launch(const PrefillAttention& work, void* workspace, cudaStream_t stream) const;

 private:
  struct Plan;
  std::unique_ptr<Plan> plan_;
};

}  // namespace cleave::bench

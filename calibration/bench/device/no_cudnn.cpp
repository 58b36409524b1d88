#include "calibration/bench/device/cudnn.h"
#include "calibration/bench/device/error.h"

namespace cleave::bench {

struct CudnnPrefill::Plan {};

std::string cudnn_version() {
  return "absent";
}

CudnnPrefill::CudnnPrefill(const PrefillAttention&) {
  throw Unsupported("built without cuDNN");
}
CudnnPrefill::~CudnnPrefill() = default;
CudnnPrefill::CudnnPrefill(CudnnPrefill&&) noexcept = default;

std::size_t CudnnPrefill::workspace_bytes() const {
  return 0;
}

void CudnnPrefill::launch(const PrefillAttention&, void*, cudaStream_t) const {}

}  // namespace cleave::bench

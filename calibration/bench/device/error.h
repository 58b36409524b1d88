#pragma once
// Errors of the toolkit become exceptions.

#include <cublasLt.h>
#include <cuda_runtime_api.h>

#include <stdexcept>
#include <string>

namespace cleave::bench {

/// A call failed; the device may be unusable from here on.
class DeviceError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// This point cannot be measured on this device: no room, no such kernel. The next one may.
class Unsupported : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Errors: DeviceError with CUDA's own text.
inline void check_cuda(cudaError_t status, const char* what) {
  if (status != cudaSuccess) throw DeviceError(std::string(what) + ": " + cudaGetErrorString(status));
}

/// For choices that a library may decline. Errors: Unsupported.
inline void check_cublas(cublasStatus_t status, const char* what) {
  if (status != CUBLAS_STATUS_SUCCESS) throw Unsupported(std::string(what) + ": " + cublasLtGetStatusString(status));
}

}  // namespace cleave::bench

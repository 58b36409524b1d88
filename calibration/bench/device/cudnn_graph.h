#pragma once
// Graphs of cuDNN's backend interface: tensors, operations, and the first engine that takes them.

#include <cudnn.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "calibration/bench/device/error.h"

namespace cleave::bench {

/// Errors: Unsupported, as the library declines what it has no kernel for.
void check_cudnn(cudnnStatus_t status, const char* what);

/// One descriptor; destroyed with its owner.
class CudnnDescriptor {
 public:
  explicit CudnnDescriptor(cudnnBackendDescriptorType_t type);
  ~CudnnDescriptor();
  CudnnDescriptor(CudnnDescriptor&& other) noexcept : raw_(other.raw_) { other.raw_ = nullptr; }
  CudnnDescriptor& operator=(CudnnDescriptor&&) = delete;

  void set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t count, const void* values);
  void set_int(cudnnBackendAttributeName_t name, std::int64_t value) { set(name, CUDNN_TYPE_INT64, 1, &value); }
  void set_desc(cudnnBackendAttributeName_t name, const CudnnDescriptor& value) {
    set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &value.raw_);
  }
  template <class Value>
  void set_value(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, Value value) {
    set(name, type, 1, &value);
  }
  void finalize(const char* what);
  [[nodiscard]] cudnnBackendDescriptor_t raw() const { return raw_; }

 private:
  cudnnBackendDescriptor_t raw_ = nullptr;
};

/// What a tensor is. Shape: four dimensions with their strides, in elements.
struct CudnnTensor {
  std::int64_t id = 0;
  cudnnDataType_t type = CUDNN_DATA_BFLOAT16;
  std::int64_t dims[4] = {1, 1, 1, 1};
  std::int64_t strides[4] = {1, 1, 1, 1};
  bool is_virtual = false;  // between two operations: never in memory
  bool by_value = false;    // a scalar in host memory
};

/// Operations in the order in which they are added; tensors live as long as the graph.
class CudnnGraph {
 public:
  /// The result is valid as long as the graph.
  const CudnnDescriptor& tensor(const CudnnTensor& tensor);
  void matmul(const CudnnDescriptor& a, const CudnnDescriptor& b, const CudnnDescriptor& c);
  /// y = mode(x), or of x and b, or b and x chosen by t. nullptr: not used.
  void pointwise(cudnnPointwiseMode_t mode, const CudnnDescriptor* x, const CudnnDescriptor* b,
                 const CudnnDescriptor* t, const CudnnDescriptor& y, cudnnDataType_t math = CUDNN_DATA_FLOAT);
  /// y = the index along `axis`.
  void index(const CudnnDescriptor& x, const CudnnDescriptor& y, std::int64_t axis);
  void reduce(cudnnReduceTensorOp_t op, const CudnnDescriptor& x, const CudnnDescriptor& y);

  /// The first engine that the heuristics name and that can be built. Errors: Unsupported.
  [[nodiscard]] CudnnDescriptor plan(cudnnHandle_t handle);

 private:
  void add_pointwise(CudnnDescriptor mode, const CudnnDescriptor* x, const CudnnDescriptor* b, const CudnnDescriptor* t,
                     const CudnnDescriptor& y);

  std::vector<std::unique_ptr<CudnnDescriptor>> kept_;  // tensors and modes that operations name
  std::vector<CudnnDescriptor> operations_;
};

}  // namespace cleave::bench

// Causal attention as the graph that cuDNN fuses: scores, scale, mask by indices, softmax, values.
#include <cmath>
#include <limits>
#include <utility>

#include "calibration/bench/device/cudnn.h"
#include "calibration/bench/device/cudnn_graph.h"

namespace cleave::bench {
namespace {

enum Id : std::int64_t { kQ = 1, kK, kV, kOut, kScale, kShift, kMasked, kFirstVirtual };

class Builder {
 public:
  explicit Builder(const PrefillAttention& shape) : shape_(shape) {}

  CudnnDescriptor plan(cudnnHandle_t handle) {
    const std::int64_t keys = shape_.prefix + shape_.isl;
    const CudnnDescriptor& q = graph_.tensor(rows(kQ, shape_.heads, shape_.isl, false));
    const CudnnDescriptor& k = graph_.tensor(rows(kK, shape_.kv_heads, keys, true));
    const CudnnDescriptor& v = graph_.tensor(rows(kV, shape_.kv_heads, keys, false));
    const CudnnDescriptor& out = graph_.tensor(rows(kOut, shape_.heads, shape_.isl, false));
    const CudnnDescriptor& scale = graph_.tensor(scalar(kScale, CUDNN_DATA_FLOAT));
    const CudnnDescriptor& shift = graph_.tensor(scalar(kShift, CUDNN_DATA_INT32));
    const CudnnDescriptor& masked = graph_.tensor(scalar(kMasked, CUDNN_DATA_FLOAT));

    const CudnnDescriptor& scores = inner(keys, CUDNN_DATA_FLOAT);
    graph_.matmul(q, k, scores);
    const CudnnDescriptor& scaled = inner(keys, CUDNN_DATA_FLOAT);
    graph_.pointwise(CUDNN_POINTWISE_MUL, &scores, &scale, nullptr, scaled);
    // A query sees keys up to its own place, which lies `prefix` keys further than its row.
    const CudnnDescriptor& row = inner(keys, CUDNN_DATA_INT32);
    const CudnnDescriptor& place = inner(keys, CUDNN_DATA_INT32);
    const CudnnDescriptor& column = inner(keys, CUDNN_DATA_INT32);
    const CudnnDescriptor& seen = inner(keys, CUDNN_DATA_BOOLEAN);
    const CudnnDescriptor& visible = inner(keys, CUDNN_DATA_FLOAT);
    graph_.index(scaled, row, 2);
    graph_.pointwise(CUDNN_POINTWISE_ADD, &row, &shift, nullptr, place, CUDNN_DATA_INT32);
    graph_.index(scaled, column, 3);
    graph_.pointwise(CUDNN_POINTWISE_CMP_GE, &place, &column, nullptr, seen, CUDNN_DATA_INT32);
    graph_.pointwise(CUDNN_POINTWISE_BINARY_SELECT, &scaled, &masked, &seen, visible);

    const CudnnDescriptor& largest = inner(1, CUDNN_DATA_FLOAT);
    const CudnnDescriptor& centred = inner(keys, CUDNN_DATA_FLOAT);
    const CudnnDescriptor& weights = inner(keys, CUDNN_DATA_FLOAT);
    const CudnnDescriptor& sum = inner(1, CUDNN_DATA_FLOAT);
    const CudnnDescriptor& shares = inner(keys, CUDNN_DATA_BFLOAT16);
    graph_.reduce(CUDNN_REDUCE_TENSOR_MAX, visible, largest);
    graph_.pointwise(CUDNN_POINTWISE_SUB, &visible, &largest, nullptr, centred);
    graph_.pointwise(CUDNN_POINTWISE_EXP, &centred, nullptr, nullptr, weights);
    graph_.reduce(CUDNN_REDUCE_TENSOR_ADD, weights, sum);
    graph_.pointwise(CUDNN_POINTWISE_DIV, &weights, &sum, nullptr, shares);
    graph_.matmul(shares, v, out);
    return graph_.plan(handle);
  }

 private:
  /// [batch][heads][tokens][128] in memory as [batch][tokens][heads][128]; keys are told transposed.
  [[nodiscard]] CudnnTensor rows(Id id, std::int64_t heads, std::int64_t tokens, bool transposed) const {
    CudnnTensor t;
    t.id = id;
    const std::int64_t token = heads * kHeadDim;
    t.dims[0] = shape_.batch;
    t.dims[1] = heads;
    t.dims[2] = transposed ? kHeadDim : tokens;
    t.dims[3] = transposed ? tokens : kHeadDim;
    t.strides[0] = tokens * token;
    t.strides[1] = kHeadDim;
    t.strides[2] = transposed ? 1 : token;
    t.strides[3] = transposed ? token : 1;
    return t;
  }

  [[nodiscard]] static CudnnTensor scalar(Id id, cudnnDataType_t type) {
    CudnnTensor t;
    t.id = id;
    t.type = type;
    t.by_value = true;
    return t;
  }

  const CudnnDescriptor& inner(std::int64_t columns, cudnnDataType_t type) {
    CudnnTensor t;
    t.id = next_++;
    t.type = type;
    t.is_virtual = true;
    const std::int64_t dims[4] = {shape_.batch, shape_.heads, shape_.isl, columns};
    std::int64_t stride = 1;
    for (int i = 3; i >= 0; --i) {
      t.dims[i] = dims[i];
      t.strides[i] = stride;
      stride *= dims[i];
    }
    return graph_.tensor(t);
  }

  const PrefillAttention& shape_;
  CudnnGraph graph_;
  std::int64_t next_ = kFirstVirtual;
};

}  // namespace

/// The handle outlives the descriptors that were made with it.
struct CudnnPrefill::Plan {
  cudnnHandle_t handle = nullptr;
  std::unique_ptr<CudnnDescriptor> plan;
  ~Plan() {
    plan.reset();
    if (handle != nullptr) cudnnDestroy(handle);
  }
};

std::string cudnn_version() {
  return std::to_string(cudnnGetVersion());
}

CudnnPrefill::CudnnPrefill(const PrefillAttention& shape) : plan_(std::make_unique<Plan>()) {
  check_cudnn(cudnnCreate(&plan_->handle), "cudnnCreate");
  plan_->plan = std::make_unique<CudnnDescriptor>(Builder(shape).plan(plan_->handle));
}
CudnnPrefill::~CudnnPrefill() = default;
CudnnPrefill::CudnnPrefill(CudnnPrefill&&) noexcept = default;

std::size_t CudnnPrefill::workspace_bytes() const {
  std::int64_t bytes = 0;
  std::int64_t count = 0;
  check_cudnn(cudnnBackendGetAttribute(plan_->plan->raw(), CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64,
                                       1, &count, &bytes),
              "workspace size");
  return static_cast<std::size_t>(bytes);
}

void CudnnPrefill::launch(const PrefillAttention& work, void* workspace, cudaStream_t stream) const {
  float scale = 1.0F / std::sqrt(static_cast<float>(kHeadDim));
  std::int32_t shift = work.prefix;
  float masked = -std::numeric_limits<float>::infinity();
  // The interface takes inputs as pointers to non-const.
  void* pointers[] = {const_cast<__nv_bfloat16*>(work.q),
                      const_cast<__nv_bfloat16*>(work.k),
                      const_cast<__nv_bfloat16*>(work.v),
                      work.out,
                      &scale,
                      &shift,
                      &masked};
  const std::int64_t ids[] = {kQ, kK, kV, kOut, kScale, kShift, kMasked};
  CudnnDescriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  pack.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, std::size(pointers), pointers);
  pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, std::size(ids), ids);
  pack.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1, &workspace);
  pack.finalize("variant pack");
  check_cudnn(cudnnSetStream(plan_->handle, stream), "cudnnSetStream");
  check_cudnn(cudnnBackendExecute(plan_->handle, plan_->plan->raw(), pack.raw()), "cudnnBackendExecute");
}

}  // namespace cleave::bench

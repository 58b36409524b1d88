#include "calibration/bench/device/cudnn_graph.h"

#include <string>
#include <utility>

namespace cleave::bench {

void check_cudnn(cudnnStatus_t status, const char* what) {
  if (status != CUDNN_STATUS_SUCCESS) throw Unsupported(std::string(what) + ": " + cudnnGetErrorString(status));
}

CudnnDescriptor::CudnnDescriptor(cudnnBackendDescriptorType_t type) {
  check_cudnn(cudnnBackendCreateDescriptor(type, &raw_), "cudnnBackendCreateDescriptor");
}

CudnnDescriptor::~CudnnDescriptor() {
  if (raw_ != nullptr) cudnnBackendDestroyDescriptor(raw_);
}

void CudnnDescriptor::set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t count,
                          const void* values) {
  check_cudnn(cudnnBackendSetAttribute(raw_, name, type, count, values), "cudnnBackendSetAttribute");
}

void CudnnDescriptor::finalize(const char* what) {
  check_cudnn(cudnnBackendFinalize(raw_), what);
}

const CudnnDescriptor& CudnnGraph::tensor(const CudnnTensor& tensor) {
  auto& made = *kept_.emplace_back(std::make_unique<CudnnDescriptor>(CUDNN_BACKEND_TENSOR_DESCRIPTOR));
  made.set_value(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, tensor.type);
  made.set(CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, 4, tensor.dims);
  made.set(CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, 4, tensor.strides);
  made.set_int(CUDNN_ATTR_TENSOR_UNIQUE_ID, tensor.id);
  made.set_int(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, 16);
  made.set_value(CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, tensor.is_virtual);
  made.set_value(CUDNN_ATTR_TENSOR_IS_BY_VALUE, CUDNN_TYPE_BOOLEAN, tensor.by_value);
  made.finalize("tensor");
  return made;
}

void CudnnGraph::matmul(const CudnnDescriptor& a, const CudnnDescriptor& b, const CudnnDescriptor& c) {
  auto& mode = *kept_.emplace_back(std::make_unique<CudnnDescriptor>(CUDNN_BACKEND_MATMUL_DESCRIPTOR));
  mode.set_value(CUDNN_ATTR_MATMUL_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, CUDNN_DATA_FLOAT);
  mode.finalize("matmul");
  CudnnDescriptor operation(CUDNN_BACKEND_OPERATION_MATMUL_DESCRIPTOR);
  operation.set_desc(CUDNN_ATTR_OPERATION_MATMUL_ADESC, a);
  operation.set_desc(CUDNN_ATTR_OPERATION_MATMUL_BDESC, b);
  operation.set_desc(CUDNN_ATTR_OPERATION_MATMUL_CDESC, c);
  operation.set_desc(CUDNN_ATTR_OPERATION_MATMUL_DESC, mode);
  operation.finalize("matmul operation");
  operations_.push_back(std::move(operation));
}

void CudnnGraph::pointwise(cudnnPointwiseMode_t mode, const CudnnDescriptor* x, const CudnnDescriptor* b,
                           const CudnnDescriptor* t, const CudnnDescriptor& y, cudnnDataType_t math) {
  CudnnDescriptor made(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
  made.set_value(CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, mode);
  made.set_value(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, math);
  made.finalize("pointwise");
  add_pointwise(std::move(made), x, b, t, y);
}

void CudnnGraph::index(const CudnnDescriptor& x, const CudnnDescriptor& y, std::int64_t axis) {
  CudnnDescriptor made(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
  made.set_value(CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, CUDNN_POINTWISE_GEN_INDEX);
  made.set_value(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, CUDNN_DATA_INT32);
  made.set_int(CUDNN_ATTR_POINTWISE_AXIS, axis);
  made.finalize("index");
  add_pointwise(std::move(made), &x, nullptr, nullptr, y);
}

void CudnnGraph::add_pointwise(CudnnDescriptor mode, const CudnnDescriptor* x, const CudnnDescriptor* b,
                               const CudnnDescriptor* t, const CudnnDescriptor& y) {
  auto& kept = *kept_.emplace_back(std::make_unique<CudnnDescriptor>(std::move(mode)));
  CudnnDescriptor operation(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
  operation.set_desc(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, kept);
  if (x != nullptr) operation.set_desc(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, *x);
  if (b != nullptr) operation.set_desc(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, *b);
  if (t != nullptr) operation.set_desc(CUDNN_ATTR_OPERATION_POINTWISE_TDESC, *t);
  operation.set_desc(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, y);
  operation.finalize("pointwise operation");
  operations_.push_back(std::move(operation));
}

void CudnnGraph::reduce(cudnnReduceTensorOp_t op, const CudnnDescriptor& x, const CudnnDescriptor& y) {
  auto& mode = *kept_.emplace_back(std::make_unique<CudnnDescriptor>(CUDNN_BACKEND_REDUCTION_DESCRIPTOR));
  mode.set_value(CUDNN_ATTR_REDUCTION_OPERATOR, CUDNN_TYPE_REDUCTION_OPERATOR_TYPE, op);
  mode.set_value(CUDNN_ATTR_REDUCTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, CUDNN_DATA_FLOAT);
  mode.finalize("reduction");
  CudnnDescriptor operation(CUDNN_BACKEND_OPERATION_REDUCTION_DESCRIPTOR);
  operation.set_desc(CUDNN_ATTR_OPERATION_REDUCTION_XDESC, x);
  operation.set_desc(CUDNN_ATTR_OPERATION_REDUCTION_YDESC, y);
  operation.set_desc(CUDNN_ATTR_OPERATION_REDUCTION_DESC, mode);
  operation.finalize("reduction operation");
  operations_.push_back(std::move(operation));
}

CudnnDescriptor CudnnGraph::plan(cudnnHandle_t handle) {
  std::vector<cudnnBackendDescriptor_t> raw;
  for (const CudnnDescriptor& operation : operations_) raw.push_back(operation.raw());
  CudnnDescriptor graph(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  graph.set_value(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, handle);
  graph.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR, static_cast<std::int64_t>(raw.size()),
            raw.data());
  graph.finalize("operation graph");
  CudnnDescriptor heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  heuristics.set_desc(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph);
  heuristics.set_value(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, CUDNN_HEUR_MODE_A);
  heuristics.finalize("heuristics");

  constexpr std::int64_t kMost = 8;
  std::vector<CudnnDescriptor> configurations;
  std::vector<cudnnBackendDescriptor_t> slots;
  for (std::int64_t i = 0; i < kMost; ++i) {
    configurations.emplace_back(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
    slots.push_back(configurations.back().raw());
  }
  std::int64_t found = 0;
  check_cudnn(cudnnBackendGetAttribute(heuristics.raw(), CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR,
                                       kMost, &found, slots.data()),
              "engine heuristics");
  for (std::int64_t i = 0; i < found; ++i) {
    CudnnDescriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
    plan.set_value(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, handle);
    plan.set_desc(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configurations[static_cast<std::size_t>(i)]);
    if (cudnnBackendFinalize(plan.raw()) == CUDNN_STATUS_SUCCESS) return plan;
  }
  throw Unsupported("cuDNN has no engine for this graph");
}

}  // namespace cleave::bench

#include <chrono>

#include "calibration/bench/probes/probes.h"

namespace cleave::bench {
namespace {

__global__ void empty_kernel() {}

double wall_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void enqueue(int kernels, cudaStream_t stream) {
  for (int i = 0; i < kernels; ++i) empty_kernel<<<1, 32, 0, stream>>>();
  check_cuda(cudaGetLastError(), "empty kernel");
}

cudaGraphExec_t graph_of(int kernels, cudaStream_t stream) {
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t executable = nullptr;
  check_cuda(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "capture");
  enqueue(kernels, stream);
  check_cuda(cudaStreamEndCapture(stream, &graph), "capture");
  check_cuda(cudaGraphInstantiate(&executable, graph, 0), "cudaGraphInstantiate");
  check_cuda(cudaGraphDestroy(graph), "cudaGraphDestroy");
  return executable;
}

}  // namespace

Outcome measure_launch(const Point& point, const StoppingRule& rule, Bench& bench) {
  const int kernels = point.integer("kernels");
  const std::string& op = point.text("op_name");
  const cudaStream_t stream = bench.stream();
  cudaGraphExec_t graph = op.starts_with("graph") ? graph_of(kernels, stream) : nullptr;
  const bool whole = op.ends_with("total");
  const Measurement measured = bench.time_host(
      [&] {
        const double begin = wall_ms();
        if (graph != nullptr) {
          check_cuda(cudaGraphLaunch(graph, stream), "cudaGraphLaunch");
        } else {
          enqueue(kernels, stream);
        }
        const double queued = wall_ms();
        check_cuda(cudaStreamSynchronize(stream), "empty kernels");
        return (whole ? wall_ms() : queued) - begin;
      },
      rule);
  if (graph != nullptr) check_cuda(cudaGraphExecDestroy(graph), "cudaGraphExecDestroy");
  return measured;
}

}  // namespace cleave::bench

#pragma once
// The kernels of one transformer step in their order, with the shapes and the traffic of a model and random contents.
// It computes no model's function: attention reads random KV, and what a step would write to the cache goes elsewhere.

#include <memory>
#include <optional>
#include <vector>

#include "calibration/bench/device/bench.h"
#include "calibration/bench/device/experts.h"
#include "calibration/bench/device/matmul.h"
#include "calibration/bench/grid/shapes.h"
#include "calibration/bench/kernels/attention.h"

namespace cleave::bench {

struct StepShape {
  ModelShape model;
  std::size_t layers = 1;
  std::size_t requests = 1;
  /// New tokens of each request: 1 in a decode step.
  std::size_t tokens_per_request = 1;
  /// Tokens each request holds before the step.
  std::size_t kv_tokens = 0;

  [[nodiscard]] std::size_t tokens() const { return requests * tokens_per_request; }
};

class Transformer {
 public:
  /// Plans every product and takes all buffers. Errors: Unsupported if they do not fit.
  Transformer(const StepShape& shape, Bench& bench);

  /// Enqueues the whole step: layers, last norm, output head for one token a request.
  void launch(cudaStream_t stream) const;

 private:
  using bf16 = __nv_bfloat16;
  struct Layer {
    const bf16* qkv;
    const bf16* output;
    const bf16* up;
    const bf16* down;
    const bf16* router;
    const bf16* k;
    const bf16* v;
  };

  void plan(Bench& bench);
  void take_layers(Bench& bench);
  void launch_layer(const Layer& layer, cudaStream_t stream) const;
  void launch_attention(const Layer& layer, cudaStream_t stream) const;

  StepShape shape_;
  std::unique_ptr<Matmul> qkv_;
  std::unique_ptr<Matmul> output_;
  std::unique_ptr<Matmul> up_;    // gate and up; of the router in a mixture of experts
  std::unique_ptr<Matmul> down_;  // absent in a mixture of experts
  std::unique_ptr<Matmul> head_;
  std::optional<Experts> experts_;
  std::vector<Layer> layers_;
  const bf16* norm_ = nullptr;
  const bf16* head_weights_ = nullptr;
  DecodeAttention decode_;
  bf16* residual_ = nullptr;
  bf16* normed_ = nullptr;
  bf16* wide_ = nullptr;
  bf16* rotated_ = nullptr;
  bf16* attended_ = nullptr;
  bf16* result_ = nullptr;
  bf16* cache_ = nullptr;
  bf16* logits_ = nullptr;
  int* slots_ = nullptr;
};

}  // namespace cleave::bench

#include "calibration/bench/device/transformer.h"

#include <algorithm>

#include "calibration/bench/kernels/elementwise.h"
#include "calibration/bench/probes/pages.h"

namespace cleave::bench {
namespace {

using bf16 = __nv_bfloat16;
constexpr std::size_t kBlock = 16;

std::size_t size(std::int64_t value) {
  return static_cast<std::size_t>(value);
}

std::unique_ptr<Matmul> product(std::size_t m, std::int64_t n, std::int64_t k, Bench& bench) {
  return std::make_unique<Matmul>(Matmul::Input::bfloat16, static_cast<std::int64_t>(m), n, k, bench.scratch());
}

}  // namespace

Transformer::Transformer(const StepShape& shape, Bench& bench) : shape_(shape) {
  const ModelShape& model = shape_.model;
  const std::size_t tokens = shape_.tokens();
  plan(bench);
  Arena& scratch = bench.scratch();
  const std::size_t widest = std::max({size(model.qkv_width()), 2 * size(model.inner), size(model.experts)});
  residual_ = scratch.take<bf16>(tokens * size(model.hidden));
  normed_ = scratch.take<bf16>(tokens * size(model.hidden));
  result_ = scratch.take<bf16>(tokens * size(model.hidden));
  wide_ = scratch.take<bf16>(tokens * widest);
  rotated_ = scratch.take<bf16>(tokens * widest);
  attended_ = scratch.take<bf16>(tokens * size(model.heads) * kHeadDim);
  cache_ = scratch.take<bf16>(tokens * 2 * size(model.kv_heads) * kHeadDim);
  logits_ = scratch.take<bf16>(shape_.requests * size(model.vocab));
  slots_ = bench.upload(shuffled_pages(tokens));
  take_layers(bench);
}

void Transformer::plan(Bench& bench) {
  const ModelShape& model = shape_.model;
  const std::size_t tokens = shape_.tokens();
  qkv_ = product(tokens, model.qkv_width(), model.hidden, bench);
  output_ = product(tokens, model.hidden, model.heads * model.head_dim, bench);
  head_ = product(shape_.requests, model.vocab, model.hidden, bench);
  if (model.experts == 0) {
    up_ = product(tokens, 2 * model.inner, model.hidden, bench);
    down_ = product(tokens, model.hidden, model.inner, bench);
  } else {
    up_ = product(tokens, model.experts, model.hidden, bench);
    const ExpertShape experts{tokens, size(model.hidden), size(model.inner), size(model.experts), size(model.top_k)};
    experts_.emplace(experts, route_tokens(tokens, experts.experts, experts.top_k, "power_law_0.5"), bench);
  }
}

void Transformer::take_layers(Bench& bench) {
  const ModelShape& model = shape_.model;
  const std::size_t context = shape_.kv_tokens + shape_.tokens_per_request;
  const std::size_t pages = (context + kBlock - 1) / kBlock;
  const std::size_t kv = shape_.requests * pages * kBlock * size(model.kv_heads) * kHeadDim;
  const std::size_t experts = std::max<std::size_t>(1, size(model.experts));
  const std::size_t mlp = experts * size(model.inner) * size(model.hidden);
  Arena& values = bench.values();
  norm_ = values.take<bf16>(size(model.hidden));
  head_weights_ = values.take<bf16>(size(model.vocab) * size(model.hidden));
  for (std::size_t i = 0; i < shape_.layers; ++i) {
    Layer layer{};
    layer.qkv = values.take_wrapped<bf16>(size(model.qkv_width()) * size(model.hidden));
    layer.output = values.take_wrapped<bf16>(size(model.heads) * kHeadDim * size(model.hidden));
    layer.up = values.take_wrapped<bf16>(2 * mlp);
    layer.down = values.take_wrapped<bf16>(mlp);
    layer.router = values.take_wrapped<bf16>(experts * size(model.hidden));
    layer.k = values.take_wrapped<bf16>(kv);
    layer.v = values.take_wrapped<bf16>(kv);
    layers_.push_back(layer);
  }
  if (shape_.tokens_per_request > 1) return;
  decode_.table = bench.upload(shuffled_pages(shape_.requests * pages));
  decode_.batch = static_cast<int>(shape_.requests);
  decode_.context = static_cast<int>(context);
  decode_.heads = static_cast<int>(model.heads);
  decode_.kv_heads = static_cast<int>(model.kv_heads);
  decode_.block = static_cast<int>(kBlock);
  decode_.pages_per_sequence = static_cast<int>(pages);
  decode_.splits = decode_splits(decode_.batch, decode_.kv_heads, decode_.context, bench.multiprocessors());
  decode_.partial = bench.scratch().take<float>(partial_floats(decode_.batch, decode_.heads, kHeadDim, decode_.splits));
}

void Transformer::launch_attention(const Layer& layer, cudaStream_t stream) const {
  if (shape_.tokens_per_request == 1) {
    DecodeAttention work = decode_;
    work.q = rotated_;
    work.k = layer.k;
    work.v = layer.v;
    work.out = attended_;
    launch_decode_attention(work, stream);
    return;
  }
  PrefillAttention work;
  work.q = rotated_;
  work.k = layer.k;
  work.v = layer.v;
  work.out = attended_;
  work.batch = static_cast<int>(shape_.requests);
  work.isl = static_cast<int>(shape_.tokens_per_request);
  work.prefix = static_cast<int>(shape_.kv_tokens);
  work.heads = static_cast<int>(shape_.model.heads);
  work.kv_heads = static_cast<int>(shape_.model.kv_heads);
  launch_prefill_attention(work, stream);
}

void Transformer::launch_layer(const Layer& layer, cudaStream_t stream) const {
  const ModelShape& model = shape_.model;
  const int tokens = static_cast<int>(shape_.tokens());
  const int hidden = static_cast<int>(model.hidden);
  launch_add_rms_norm(result_, residual_, norm_, normed_, tokens, hidden, stream);
  qkv_->launch(normed_, layer.qkv, wide_, stream);
  launch_rotary_kv_write(wide_, rotated_, cache_, slots_, tokens, static_cast<int>(model.qkv_width()),
                         static_cast<int>(2 * model.kv_heads * model.head_dim), stream);
  launch_attention(layer, stream);
  output_->launch(attended_, layer.output, result_, stream);
  launch_add_rms_norm(result_, residual_, norm_, normed_, tokens, hidden, stream);
  if (experts_) {
    up_->launch(normed_, layer.router, wide_, stream);
    experts_->launch(normed_, layer.up, layer.down, result_, stream);
    return;
  }
  up_->launch(normed_, layer.up, wide_, stream);
  launch_silu_mul(wide_, rotated_, tokens, static_cast<int>(model.inner), stream);
  down_->launch(rotated_, layer.down, result_, stream);
}

void Transformer::launch(cudaStream_t stream) const {
  for (const Layer& layer : layers_) launch_layer(layer, stream);
  launch_add_rms_norm(result_, residual_, norm_, normed_, static_cast<int>(shape_.tokens()),
                      static_cast<int>(shape_.model.hidden), stream);
  head_->launch(normed_, head_weights_, logits_, stream);
}

}  // namespace cleave::bench

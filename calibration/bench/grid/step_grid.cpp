#include "calibration/bench/grid/grids.h"
#include "calibration/bench/grid/shapes.h"

namespace cleave::bench {

ProbeSpec step_spec() {
  ProbeSpec spec;
  spec.name = "step";
  spec.table = "step_perf";
  spec.summary = "a whole decode or prefill step of random weights in one graph, and its layers alone";
  // `kv_tokens` are those each sequence holds before the step; `layers` shows the slope between whole and part.
  spec.grid.axes = {"model", "phase", "layers", "num_requests", "tokens_per_request", "kv_tokens"};
  spec.rule = {.min_repeats = 4, .max_repeats = 20, .relative_error = 0.01, .max_seconds = 0.15};
  for (const char* model : {"llama-3.1-8b", "qwen3-30b-a3b"}) {
    const std::int64_t layers = catalogue_shape(model).layers;
    for (const std::int64_t batch : {1, 8, 32, 64, 128, 256}) {
      for (const std::int64_t kv : {128, 1024, 8192}) {
        spec.grid.add({std::string(model), std::string("decode"), layers, batch, std::int64_t{1}, kv});
      }
      spec.grid.add(
          {std::string(model), std::string("decode"), std::int64_t{1}, batch, std::int64_t{1}, std::int64_t{1024}});
    }
    for (const std::int64_t tokens : {128, 512, 2048, 8192}) {
      for (const std::int64_t kv : {0, 4096}) {
        spec.grid.add({std::string(model), std::string("context"), layers, std::int64_t{1}, tokens, kv});
      }
    }
  }
  return spec;
}

std::vector<ProbeSpec> cuda_specs() {
  return {launch_spec(),     gemm_spec(), decode_attention_spec(), prefill_attention_spec(), step_spec(),
          decode_mla_spec(), moe_spec(),  elementwise_spec(),      kv_blocks_spec(),         copies_spec()};
}

}  // namespace cleave::bench

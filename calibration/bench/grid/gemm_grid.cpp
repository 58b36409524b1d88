#include <set>
#include <utility>

#include "calibration/bench/grid/grids.h"
#include "calibration/bench/grid/shapes.h"

namespace cleave::bench {
namespace {

using Weight = std::pair<std::int64_t, std::int64_t>;  // n, k

void add_sharded(std::set<Weight>& weights, const ModelShape& shape, std::int64_t tp) {
  weights.insert({shape.qkv_width() / tp, shape.hidden});
  weights.insert({shape.hidden, shape.heads * shape.head_dim / tp});
  if (shape.experts > 0) {
    weights.insert({shape.experts, shape.hidden});
    return;
  }
  weights.insert({2 * shape.inner / tp, shape.hidden});
  weights.insert({shape.hidden, shape.inner / tp});
}

std::set<Weight> catalogue_weights() {
  std::set<Weight> weights;
  for (const ModelShape& shape : catalogue_shapes()) {
    for (const std::int64_t tp : {1, 4}) add_sharded(weights, shape, tp);
  }
  weights.insert({128256, 4096});  // output head
  // DeepSeek-V3's low-rank projections: query down, query up, key-value down, output.
  weights.insert({{2112, 7168}, {24576, 1536}, {32768, 512}, {7168, 16384}});
  return weights;
}

}  // namespace

ProbeSpec gemm_spec() {
  ProbeSpec spec;
  spec.name = "gemm";
  spec.table = "gemm_perf";
  spec.summary = "y[m,n] = x[m,k] w[k,n], cold weights, cuBLASLt";
  spec.grid.axes = {"kernel_source", "gemm_dtype", "m", "n", "k"};
  spec.rule = {.min_repeats = 5, .max_repeats = 40, .relative_error = 0.01, .max_seconds = 0.03};
  const std::set<Weight> weights = catalogue_weights();
  for (const char* dtype : {"bfloat16", "fp8"}) {
    for (const std::int64_t m : {1, 4, 16, 32, 64, 128, 192, 256, 512, 1024, 2048, 4096, 8192}) {
      for (const auto& [n, k] : weights) {
        if (dtype == std::string("fp8") && n % 16 != 0) continue;
        if (m * n > (std::int64_t{1} << 28)) continue;  // a head is applied to few tokens
        spec.grid.add({std::string("cublaslt"), std::string(dtype), m, n, k});
      }
    }
  }
  return spec;
}

ProbeSpec moe_spec() {
  ProbeSpec spec;
  spec.name = "moe";
  spec.table = "moe_perf";
  spec.summary = "fused experts: gather, gate and up, SiLU, down, weighted sum";
  spec.grid.axes = {"kernel_source", "moe_dtype",   "num_tokens",  "hidden_size", "inter_size",
                    "topk",          "num_experts", "moe_tp_size", "moe_ep_size", "distribution"};
  spec.rule = {.min_repeats = 5, .max_repeats = 30, .relative_error = 0.01, .max_seconds = 0.06};
  for (const char* source : {"cleave_grouped_mma"}) {
    for (const char* distribution : {"balanced", "power_law_1.2"}) {
      for (const std::int64_t tokens : {1, 4, 16, 64, 128, 256, 512, 1024, 4096, 8192}) {
        for (const char* name : {"qwen3-30b-a3b", "mixtral-8x7b", "qwen3-235b-a22b"}) {
          const ModelShape& s = catalogue_shape(name);
          for (const std::int64_t tp : {1, 4}) {
            spec.grid.add({std::string(source), std::string("bfloat16"), tokens, s.hidden, s.inner, s.top_k, s.experts,
                           tp, std::int64_t{1}, std::string(distribution)});
          }
        }
      }
    }
  }
  return spec;
}

}  // namespace cleave::bench

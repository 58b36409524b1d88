#include <algorithm>
#include <cmath>

#include "calibration/bench/device/experts.h"
#include "calibration/bench/probes/probes.h"
#include "calibration/bench/probes/reference.h"

namespace cleave::bench {
namespace {

using bf16 = __nv_bfloat16;

struct Buffers {
  const bf16* x;
  const bf16* up;
  const bf16* down;
  bf16* out;
};

Buffers take(const ExpertShape& shape, Bench& bench) {
  return {bench.values().take<bf16>(shape.tokens * shape.hidden), bench.values().take<bf16>(shape.up_weights()),
          bench.values().take<bf16>(shape.down_weights()), bench.scratch().take<bf16>(shape.tokens * shape.hidden)};
}

/// Product of one row with `rows` weights of `width`.
std::vector<float> product(const float* x, const float* w, std::size_t rows, std::size_t width) {
  std::vector<float> out(rows);
  for (std::size_t n = 0; n < rows; ++n) {
    for (std::size_t k = 0; k < width; ++k) out[n] += x[k] * w[n * width + k];
  }
  return out;
}

std::vector<float> reference(const ExpertShape& shape, const Routing& routing, const Buffers& b) {
  const std::vector<float> x = download(b.x, shape.tokens * shape.hidden);
  const std::vector<float> up = download(b.up, shape.up_weights());
  const std::vector<float> down = download(b.down, shape.down_weights());
  std::vector<float> out(shape.tokens * shape.hidden);
  std::size_t row = 0;
  for (std::size_t expert = 0; expert < shape.experts; ++expert) {
    for (int i = 0; i < routing.rows_of_expert[expert]; ++i, ++row) {
      const auto token = static_cast<std::size_t>(routing.source[row]);
      const std::vector<float> wide = product(&x[token * shape.hidden], &up[expert * 2 * shape.inner * shape.hidden],
                                              2 * shape.inner, shape.hidden);
      std::vector<float> inner(shape.inner);
      for (std::size_t j = 0; j < shape.inner; ++j) {
        inner[j] = wide[j] / (1 + std::exp(-wide[j])) * wide[j + shape.inner];
      }
      const std::vector<float> y =
          product(inner.data(), &down[expert * shape.hidden * shape.inner], shape.hidden, shape.inner);
      for (std::size_t j = 0; j < shape.hidden; ++j) {
        out[token * shape.hidden + j] += y[j] / static_cast<float>(shape.top_k);
      }
    }
  }
  return out;
}

CheckResult check(const ExpertShape& shape, Bench& bench) {
  bench.reset();
  const Routing routing = route_tokens(shape.tokens, shape.experts, shape.top_k, "power_law_1.2");
  const Experts experts(shape, routing, bench);
  const Buffers b = take(shape, bench);
  experts.launch(b.x, b.up, b.down, b.out, bench.stream());
  return compare(std::to_string(shape.tokens) + " tokens over " + std::to_string(shape.experts) + " experts",
                 download(b.out, shape.tokens * shape.hidden), reference(shape, routing, b), 0.02);
}

}  // namespace

Outcome measure_moe(const Point& point, const StoppingRule& rule, Bench& bench) {
  const ExpertShape shape{point.size("num_tokens"), point.size("hidden_size"),
                          point.size("inter_size") / point.size("moe_tp_size"), point.size("num_experts"),
                          point.size("topk")};
  const Routing routing = route_tokens(shape.tokens, shape.experts, shape.top_k, point.text("distribution"));
  const Experts experts(shape, routing, bench);
  Work work;
  const std::size_t bytes = (shape.up_weights() + shape.down_weights() + shape.tokens * shape.hidden) * sizeof(bf16);
  work.copies = std::min(Bench::copies(bench.values(), bytes),
                         Bench::copies(bench.scratch(), shape.tokens * shape.hidden * sizeof(bf16)));
  std::vector<Buffers> copies;
  for (int i = 0; i < work.copies; ++i) copies.push_back(take(shape, bench));
  work.launch = [&](int copy, cudaStream_t stream) {
    const Buffers& b = copies[static_cast<std::size_t>(copy)];
    experts.launch(b.x, b.up, b.down, b.out, stream);
  };
  return bench.time(work, rule);
}

std::vector<CheckResult> check_moe(Bench& bench) {
  return {check({3, 256, 128, 8, 2}, bench), check({150, 256, 128, 4, 2}, bench)};
}

}  // namespace cleave::bench

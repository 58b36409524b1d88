#include <algorithm>

#include "calibration/bench/device/matmul.h"
#include "calibration/bench/probes/probes.h"

namespace cleave::bench {

Outcome measure_gemm(const Point& point, const StoppingRule& rule, Bench& bench) {
  const std::size_t m = point.size("m");
  const std::size_t n = point.size("n");
  const std::size_t k = point.size("k");
  const bool fp8 = point.text("gemm_dtype") == "fp8";
  const std::size_t width = fp8 ? 1 : 2;
  Arena& inputs = fp8 ? bench.values8() : bench.values();
  const Matmul product(fp8 ? Matmul::Input::fp8 : Matmul::Input::bfloat16, point.number("m"), point.number("n"),
                       point.number("k"), bench.scratch());
  Work work;
  work.copies = std::min(Bench::copies(inputs, (n + m) * k * width), Bench::copies(bench.scratch(), m * n * 2));
  std::vector<const void*> x;
  std::vector<const void*> w;
  std::vector<void*> y;
  for (int i = 0; i < work.copies; ++i) {
    x.push_back(inputs.take<char>(m * k * width));
    w.push_back(inputs.take<char>(n * k * width));
    y.push_back(bench.scratch().take<char>(m * n * 2));
  }
  work.launch = [&](int copy, cudaStream_t stream) {
    const auto i = static_cast<std::size_t>(copy);
    product.launch(x[i], w[i], y[i], stream);
  };
  return bench.time(work, rule);
}

}  // namespace cleave::bench

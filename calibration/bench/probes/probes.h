#pragma once
// One probe a file: a function that measures a point, and one that checks our own kernels where there are any.

#include <vector>

#include "calibration/bench/device/bench.h"

namespace cleave::bench {

[[nodiscard]] Outcome measure_gemm(const Point& point, const StoppingRule& rule, Bench& bench);
[[nodiscard]] Outcome measure_launch(const Point& point, const StoppingRule& rule, Bench& bench);
[[nodiscard]] Outcome measure_copies(const Point& point, const StoppingRule& rule, Bench& bench);
[[nodiscard]] Outcome measure_elementwise(const Point& point, const StoppingRule& rule, Bench& bench);
[[nodiscard]] std::vector<CheckResult> check_elementwise(Bench& bench);
[[nodiscard]] Outcome measure_kv_blocks(const Point& point, const StoppingRule& rule, Bench& bench);
[[nodiscard]] std::vector<CheckResult> check_kv_blocks(Bench& bench);
[[nodiscard]] Outcome measure_prefill_attention(const Point& point, const StoppingRule& rule, Bench& bench);
[[nodiscard]] std::vector<CheckResult> check_prefill_attention(Bench& bench);
[[nodiscard]] Outcome measure_decode_attention(const Point& point, const StoppingRule& rule, Bench& bench);
[[nodiscard]] std::vector<CheckResult> check_decode_attention(Bench& bench);
[[nodiscard]] Outcome measure_decode_mla(const Point& point, const StoppingRule& rule, Bench& bench);
[[nodiscard]] std::vector<CheckResult> check_decode_mla(Bench& bench);
[[nodiscard]] Outcome measure_moe(const Point& point, const StoppingRule& rule, Bench& bench);
[[nodiscard]] std::vector<CheckResult> check_moe(Bench& bench);
[[nodiscard]] Outcome measure_step(const Point& point, const StoppingRule& rule, Bench& bench);

}  // namespace cleave::bench

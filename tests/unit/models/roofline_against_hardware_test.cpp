// Where the roofline stands against measured steps. Tolerances are what a first model reaches, stated so that a change
// for the worse is seen; calibrated models have tighter ones.

#include <catch2/catch.hpp>

#include <vector>

#include "models/cost/roofline.h"
#include "tests/unit/models/specs.h"

namespace cleave {
namespace {

/// One engine step of Qwen3-32B in bf16 on B300, vLLM 0.20.1: forward-pass wall time.
/// Source: forward-pass measurements of aiconfigurator's history (Apache-2.0), medians.
struct MeasuredStep {
  std::uint32_t tp;
  std::int64_t prompts;
  std::int64_t prompt_tokens;  // of each prompt
  std::int64_t decodes;
  std::int64_t context;  // of each decode
  double milliseconds;
};

constexpr MeasuredStep kSteps[] = {
    {1, 0, 0, 1, 4096, 13.562}, {1, 0, 0, 6, 4096, 14.309}, {1, 0, 0, 11, 4096, 15.302}, {1, 0, 0, 19, 2048, 15.726},
    {1, 1, 128, 0, 0, 16.065},  {1, 1, 1024, 0, 0, 53.633}, {1, 1, 4096, 0, 0, 206.697}, {1, 2, 4096, 0, 0, 397.313},
    {2, 0, 0, 1, 1024, 8.344},  {2, 0, 0, 5, 4096, 9.023},  {2, 0, 0, 14, 4096, 10.163}, {2, 0, 0, 30, 2048, 10.996},
    {2, 1, 128, 0, 0, 11.197},  {2, 1, 1024, 0, 0, 33.229}, {2, 1, 4096, 0, 0, 114.061}, {2, 2, 4096, 0, 0, 223.571}};

double predicted_milliseconds(const MeasuredStep& measured) {
  ReplicaLayout layout;
  layout.tp = measured.tp;
  const auto cost = make_roofline(catalogue().llm("qwen3-32b"), catalogue().device("b300-sxm"), layout);
  const std::vector<PrefillChunk> chunks(static_cast<std::size_t>(measured.prompts),
                                         PrefillChunk{Tokens{measured.prompt_tokens}, Tokens{0}});
  return 1e3 * to_seconds(cost->step({chunks, measured.decodes, Tokens{measured.decodes * measured.context}}));
}

}  // namespace

TEST_CASE("steps of Qwen3-32B on B300 come within a fifth of the measured ones, a fourteenth on average") {
  double error = 0;
  for (const MeasuredStep& measured : kSteps) {
    const double predicted = predicted_milliseconds(measured);
    CAPTURE(measured.tp, measured.prompt_tokens, measured.decodes, measured.milliseconds, predicted);
    CHECK(predicted == Approx(measured.milliseconds).epsilon(0.20));
    error += std::abs(predicted / measured.milliseconds - 1);
  }
  CHECK(error / std::size(kSteps) < 1.0 / 14);
}

TEST_CASE("one user of Llama-70B on four wafers gets 1800 to 2100 tokens a second") {
  ReplicaLayout wafers;
  wafers.pp = 4;
  const auto cost = make_roofline(catalogue().llm("llama-3.1-70b"), catalogue().device("wse-3"), wafers);
  const double per_second = 1 / to_seconds(cost->step({{}, 1, Tokens{1024}}));
  CHECK(per_second > 1800);
  CHECK(per_second < 2100);
}

TEST_CASE("a token of Llama-8B for one user on H100 takes between 6 and 7.5 ms") {
  // 16 GB of weights at 0.8 of 3.35 TB/s are 6.0 ms; serving engines report 130 to 150 tokens a second.
  const auto cost = make_roofline(catalogue().llm("llama-3.1-8b"), catalogue().device("h100-sxm"), {});
  const double milliseconds = 1e3 * to_seconds(cost->step({{}, 1, Tokens{1024}}));
  CHECK(milliseconds > 6);
  CHECK(milliseconds < 7.5);
}

}  // namespace cleave

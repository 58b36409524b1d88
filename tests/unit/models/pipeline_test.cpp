#include "models/cost/pipeline.h"

#include <catch2/catch.hpp>

#include <vector>

#include "models/cost/make_cost.h"
#include "tests/unit/models/specs.h"

namespace cleave {
namespace {

/// A pass takes a millisecond a prompt token and a microsecond a decode, whatever the context.
class PerToken final : public ExplainedCost {
 public:
  Duration step(const BatchShape& batch) const override {
    Duration sum = std::chrono::microseconds{batch.decodes};
    for (const PrefillChunk& chunk : batch.prefills) sum += std::chrono::milliseconds{chunk.tokens.value()};
    return sum;
  }
  void decode_steps(std::int64_t decodes, Tokens context, std::span<Duration> out) const override {
    for (Duration& duration : out) duration = step({{}, decodes, context});
  }
  StepBreakdown explain(const BatchShape&) const override { return {}; }
};

std::unique_ptr<ExplainedCost> stages(std::uint32_t pp, bool chunked = false) {
  ReplicaLayout layout;
  layout.pp = pp;
  layout.chunked_pipeline = chunked;
  return make_pipelined(std::make_unique<PerToken>(), layout);
}

constexpr auto kMillisecond = std::chrono::milliseconds{1};

}  // namespace

TEST_CASE("with as many sequences as stages, a round takes a pass of one part") {
  const auto cost = stages(4);
  CHECK(cost->step({{}, 100, Tokens{1000}}) == std::chrono::microseconds{25});
  CHECK(cost->step({{}, 3, Tokens{30}}) == std::chrono::microseconds{1});
  const std::vector<PrefillChunk> prompts(4, PrefillChunk{Tokens{10}, Tokens{0}});
  CHECK(cost->step({prompts, 0, {}}) == 10 * kMillisecond);
}

TEST_CASE("a lone prompt passes all stages, and a longer one decides the round") {
  const auto cost = stages(4);
  const std::vector<PrefillChunk> lone{{Tokens{100}, Tokens{0}}};
  CHECK(cost->step({lone, 0, {}}) == 100 * kMillisecond);
  const std::vector<PrefillChunk> unequal{{Tokens{100}, Tokens{0}}, {Tokens{10}, Tokens{0}}, {Tokens{20}, Tokens{0}}};
  CHECK(cost->step({unequal, 0, {}}) == 100 * kMillisecond);
}

TEST_CASE("a prompt cut for the pipeline takes the stages of its parts and the filling") {
  const auto cost = stages(4, true);
  const std::vector<PrefillChunk> prompt{{Tokens{4 * kPipelineChunk}, Tokens{0}}};
  // Four parts over four stages: 4 + 3 stage times, each a quarter of a part's pass.
  CHECK(cost->step({prompt, 0, {}}) == kPipelineChunk * kMillisecond * 7 / 4);
  CHECK(cost->step({{}, 8, Tokens{80}}) == stages(4)->step({{}, 8, Tokens{80}}));
}

TEST_CASE("stages raise what a saturated replica decodes, and never above their number") {
  const LlmSpec& model = catalogue().llm("llama-3.1-70b");
  const DeviceSpec& device = catalogue().device("h100-sxm");
  const auto rate = [&](std::uint32_t pp) {
    const auto cost = make_step_cost("calibrated", model, device, {4, pp, Dtype::bf16, Dtype::bf16},
                                     CLEAVE_SOURCE_DIR "/models/catalog/hardware");
    const std::int64_t decodes = 512;
    return static_cast<double>(decodes) / to_seconds(cost->step({{}, decodes, Tokens{decodes * 2000}}));
  };
  CHECK(rate(2) > 1.2 * rate(1));
  CHECK(rate(2) < 2.1 * rate(1));
}

}  // namespace cleave

#include "models/cost/price_tally.h"

#include <catch2/catch.hpp>

#include <numeric>
#include <vector>

#include "models/cost/make_cost.h"
#include "tests/unit/models/specs.h"

namespace cleave {
namespace {

PriceTally tally() {
  return PriceTally(make_step_cost("calibrated", catalogue().llm("llama-3.1-8b"), catalogue().device("h100-sxm"), {},
                                   CLEAVE_SOURCE_DIR "/models/catalog/hardware"));
}

double sum(const PricedBy& by) {
  return std::accumulate(by.source.begin(), by.source.end(), 0.0);
}

}  // namespace

TEST_CASE("shares by source and by confidence add up to all of the time, however many steps were asked") {
  const PriceTally prices = tally();
  Duration busy{};
  for (std::int64_t i = 0; i < 3000; ++i) {
    const std::vector<PrefillChunk> chunks{{Tokens{100 + i}, Tokens{i % 700}}};
    busy += prices.step({chunks, i % 9, Tokens{(i % 9) * 800}});
  }
  const PricedBy by = prices.priced_by(busy);
  CHECK(sum(by) == Approx(1));
  CHECK(std::accumulate(by.confidence.begin(), by.confidence.end(), 0.0) == Approx(1));
  CHECK(by.steps >= PriceTally::kSamples);
  CHECK(by.steps <= 2 * PriceTally::kSamples);
}

TEST_CASE("what single steps leave of the time is that of stretches") {
  const PriceTally prices = tally();
  const std::vector<PrefillChunk> prompt{{Tokens{4096}, Tokens{0}}};
  const Duration alone = prices.step({prompt, 0, {}});
  std::vector<Duration> stretch(100);
  prices.decode_stretch({{}, 32, Tokens{32 * 4000}}, stretch);
  const PricedBy prompts = prices.priced_by(alone);
  const PricedBy mostly_decodes = prices.priced_by(100 * alone);
  CHECK(sum(mostly_decodes) == Approx(1));
  // The engine's fixed time weighs more in short steps, kernels of prompts in long ones.
  CHECK(prompts.source != mostly_decodes.source);
}

TEST_CASE("a tally prices as the model that it holds, and nothing asked gives no shares") {
  const PriceTally prices = tally();
  CHECK(sum(prices.priced_by(Duration{})) == 0);
  const auto plain = make_step_cost("calibrated", catalogue().llm("llama-3.1-8b"), catalogue().device("h100-sxm"), {},
                                    CLEAVE_SOURCE_DIR "/models/catalog/hardware");
  const BatchShape batch{{}, 7, Tokens{7 * 123}};
  CHECK(prices.step(batch) == plain->step(batch));
}

}  // namespace cleave

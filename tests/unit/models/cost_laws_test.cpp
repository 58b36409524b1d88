// What every cost model must obey, over the catalogue's models and devices.

#include <catch2/catch.hpp>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "models/arch/parameters.h"
#include "models/cost/roofline.h"
#include "tests/unit/models/specs.h"

namespace cleave {
namespace {

struct Priced {
  std::string name;
  std::unique_ptr<StepCostModel> cost;
};

/// Every model once on each of a few devices, with and without tensor and pipeline parallelism.
std::vector<Priced> cost_models() {
  std::vector<Priced> priced;
  for (const std::string_view model : catalogue().names(CatalogueKind::llm)) {
    for (const char* device : {"h100-sxm", "b200-sxm", "trainium2", "l40s", "wse-3"}) {
      for (const ReplicaLayout layout :
           {ReplicaLayout{1, 1, Dtype::bf16, Dtype::bf16}, ReplicaLayout{4, 2, Dtype::fp8, Dtype::fp8}}) {
        if (layout_problem(catalogue().llm(model), layout)) continue;
        priced.push_back({std::string(model) + " on " + device + " tp " + std::to_string(layout.tp),
                          make_roofline(catalogue().llm(model), catalogue().device(device), layout)});
      }
    }
  }
  return priced;
}

using Draw = std::mt19937_64;
std::int64_t between(Draw& draw, std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(draw() % static_cast<std::uint64_t>(high - low + 1));
}

std::vector<PrefillChunk> some_chunks(Draw& draw, std::int64_t most) {
  std::vector<PrefillChunk> chunks;
  for (std::int64_t n = between(draw, 1, most); n > 0; --n) {
    chunks.push_back({Tokens{between(draw, 1, 3000)}, Tokens{between(draw, 0, 20000)}});
  }
  return chunks;
}

}  // namespace

TEST_CASE("a stretch of decode steps is priced exactly as its steps one by one") {
  Draw draw{20260401};
  for (const Priced& priced : cost_models()) {
    for (int round = 0; round < 20; ++round) {
      const std::int64_t decodes = round == 0 ? 5000 : between(draw, 1, 300);  // 5000: beyond any table
      const std::int64_t context = decodes * between(draw, 1, 1 << 14);
      std::vector<Duration> stretch(static_cast<std::size_t>(between(draw, 1, 40)));
      priced.cost->decode_steps(decodes, Tokens{context}, stretch);
      CAPTURE(priced.name, decodes, context);
      for (std::size_t k = 0; k < stretch.size(); ++k) {
        const Tokens then{context + static_cast<std::int64_t>(k) * decodes};
        REQUIRE(stretch[k] == priced.cost->step({{}, decodes, then}));
      }
    }
  }
}

TEST_CASE("every step that computes something takes time") {
  const std::vector<PrefillChunk> one{{Tokens{1}, Tokens{0}}};
  for (const Priced& priced : cost_models()) {
    CAPTURE(priced.name);
    CHECK(priced.cost->step({{}, 1, Tokens{1}}) > Duration{});
    CHECK(priced.cost->step({one, 0, {}}) > Duration{});
  }
}

TEST_CASE("more tokens, more context or more sequences never cost less") {
  Draw draw{7};
  for (const Priced& priced : cost_models()) {
    for (int round = 0; round < 20; ++round) {
      auto chunks = some_chunks(draw, 4);
      const std::int64_t decodes = between(draw, 0, 200);
      const std::int64_t context = decodes * between(draw, 1, 4000);
      const Duration before = priced.cost->step({chunks, decodes, Tokens{context}});
      CAPTURE(priced.name, decodes, context, chunks.size());
      CHECK(priced.cost->step({chunks, decodes + 1, Tokens{context + 1}}) >= before);
      CHECK(priced.cost->step({chunks, decodes, Tokens{context + (decodes > 0 ? 500 : 0)}}) >= before);
      auto longer = chunks;
      longer[0].tokens += Tokens{1};
      CHECK(priced.cost->step({longer, decodes, Tokens{context}}) >= before);
      auto later = chunks;
      later[0].context += Tokens{1};
      CHECK(priced.cost->step({later, decodes, Tokens{context}}) >= before);
      chunks.push_back({Tokens{1}, Tokens{0}});
      CHECK(priced.cost->step({chunks, decodes, Tokens{context}}) >= before);
    }
  }
}

TEST_CASE("a prompt whose beginning has KV costs less than the whole prompt") {
  Draw draw{11};
  for (const Priced& priced : cost_models()) {
    for (int round = 0; round < 10; ++round) {
      const std::int64_t prompt = between(draw, 1000, 30000);
      const std::int64_t cached = between(draw, prompt / 2, prompt - 1);
      const std::vector<PrefillChunk> cold{{Tokens{prompt}, Tokens{0}}};
      const std::vector<PrefillChunk> warm{{Tokens{prompt - cached}, Tokens{cached}}};
      CAPTURE(priced.name, prompt, cached);
      CHECK(priced.cost->step({warm, 0, {}}) < priced.cost->step({cold, 0, {}}));
    }
  }
}

TEST_CASE("beyond every window decode is affine in context") {
  for (const Priced& priced : cost_models()) {
    for (const std::int64_t decodes : {1, 16, 200}) {
      const std::int64_t far = decodes * 10000;
      const auto at = [&](std::int64_t context) { return priced.cost->step({{}, decodes, Tokens{context}}).count(); };
      CAPTURE(priced.name, decodes);
      // Two equal increments of context add equal times, up to the rounding of three steps.
      CHECK(std::abs((at(far * 3) - at(far * 2)) - (at(far * 2) - at(far))) <= 2);
    }
  }
}

TEST_CASE("one batch of decodes costs no more than its sequences one after another") {
  Draw draw{13};
  for (const Priced& priced : cost_models()) {
    const std::int64_t decodes = between(draw, 2, 64);
    const std::int64_t context = between(draw, 1, 8000);
    CAPTURE(priced.name, decodes, context);
    CHECK(priced.cost->step({{}, decodes, Tokens{decodes * context}}) <=
          decodes * priced.cost->step({{}, 1, Tokens{context}}));
  }
}

}  // namespace cleave

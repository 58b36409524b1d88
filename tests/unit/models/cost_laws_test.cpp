// What every cost model must obey, over the catalogue's models and devices.

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "models/arch/parameters.h"
#include "models/cost/make_cost.h"
#include "tests/unit/models/specs.h"

namespace cleave {
namespace {

/// `slack`: measured kernels do not always obey the laws that their physical forms do: a shape may be slower than a
/// larger one, by so much of its time.
struct Priced {
  std::string name;
  std::unique_ptr<StepCostModel> cost;
  double slack = 0;

  [[nodiscard]] Duration at_least(Duration before) const {
    return Duration{static_cast<std::int64_t>(static_cast<double>(before.count()) * (1 - slack))};
  }
};

struct Layout {
  const char* name;
  ReplicaLayout layout;
};

std::vector<Layout> layouts() {
  ReplicaLayout spread{8, 1, Dtype::fp8, Dtype::fp8, 8, 8};
  ReplicaLayout copies{4, 2, Dtype::bf16, Dtype::fp8};
  copies.cp = 2;
  return {{"whole", {}},
          {"tp 4 pp 2", {4, 2, Dtype::fp8, Dtype::fp8}},
          {"attention spread", spread},
          {"context parallel", copies}};
}

/// One model of each kind of attention and MLP.
bool is_of_a_kind(std::string_view model) {
  for (const char* each : {"llama-3.1-8b", "qwen3-30b-a3b", "deepseek-v3.2", "deepseek-v4-flash", "gpt-oss-20b",
                           "qwen3-next-80b-a3b", "kimi-linear-48b-a3b"}) {
    if (model == each) return true;
  }
  return false;
}

/// Every model on a few devices and layouts by the roofline; those of a kind, calibrated.
std::vector<Priced> priced_models() {
  std::vector<Priced> priced;
  for (const CostModelEntry& entry : cost_models()) {
    const bool roofline = entry.name == "roofline";
    for (const std::string_view model : catalogue().names(CatalogueKind::llm)) {
      if (!roofline && !is_of_a_kind(model)) continue;
      for (const char* device : {"h100-sxm", "b200-sxm", "trainium2", "l40s", "wse-3"}) {
        for (const Layout& layout : layouts()) {
          if (layout_problem(catalogue().llm(model), layout.layout)) continue;
          const std::string name = fmt::format("{}: {} on {}, {}", entry.name, model, device, layout.name);
          priced.push_back({name,
                            make_step_cost(entry.name, catalogue().llm(model), catalogue().device(device),
                                           layout.layout, CLEAVE_SOURCE_DIR "/models/catalog/hardware"),
                            roofline ? 0 : 0.05});
        }
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
  for (const Priced& priced : priced_models()) {
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
  for (const Priced& priced : priced_models()) {
    CAPTURE(priced.name);
    CHECK(priced.cost->step({{}, 1, Tokens{1}}) > Duration{});
    CHECK(priced.cost->step({one, 0, {}}) > Duration{});
  }
}

TEST_CASE("more tokens, more context or more sequences never cost less") {
  Draw draw{7};
  for (const Priced& priced : priced_models()) {
    for (int round = 0; round < 20; ++round) {
      auto chunks = some_chunks(draw, 4);
      const std::int64_t decodes = between(draw, 0, 200);
      const std::int64_t context = decodes * between(draw, 1, 4000);
      const Duration before = priced.cost->step({chunks, decodes, Tokens{context}});
      CAPTURE(priced.name, decodes, context, chunks.size());
      CHECK(priced.cost->step({chunks, decodes + 1, Tokens{context + 1}}) >= priced.at_least(before));
      CHECK(priced.cost->step({chunks, decodes, Tokens{context + (decodes > 0 ? 500 : 0)}}) >= priced.at_least(before));
      auto longer = chunks;
      longer[0].tokens += Tokens{1};
      CHECK(priced.cost->step({longer, decodes, Tokens{context}}) >= priced.at_least(before));
      auto later = chunks;
      later[0].context += Tokens{1};
      CHECK(priced.cost->step({later, decodes, Tokens{context}}) >= priced.at_least(before));
      chunks.push_back({Tokens{1}, Tokens{0}});
      CHECK(priced.cost->step({chunks, decodes, Tokens{context}}) >= priced.at_least(before));
    }
  }
}

TEST_CASE("a prompt whose beginning has KV costs less than the whole prompt") {
  Draw draw{11};
  for (const Priced& priced : priced_models()) {
    for (int round = 0; round < 10; ++round) {
      const std::int64_t prompt = between(draw, 1000, 30000);
      const std::int64_t cached = between(draw, prompt / 2, prompt - 1);
      const std::vector<PrefillChunk> cold{{Tokens{prompt}, Tokens{0}}};
      const std::vector<PrefillChunk> warm{{Tokens{prompt - cached}, Tokens{cached}}};
      CAPTURE(priced.name, prompt, cached);
      const Duration saved = priced.cost->step({cold, 0, {}}) - priced.cost->step({warm, 0, {}});
      CHECK(saved >= Duration{});
      if (priced.slack == 0) CHECK(saved > Duration{});  // measured steps may wait for the host all the while
    }
  }
}

TEST_CASE("beyond every window decode is affine in context") {
  for (const Priced& priced : priced_models()) {
    for (const std::int64_t decodes : {1, 16, 200}) {
      const std::int64_t far = decodes * 10000;
      const auto at = [&](std::int64_t context) { return priced.cost->step({{}, decodes, Tokens{context}}).count(); };
      CAPTURE(priced.name, decodes);
      // Two equal increments of context add equal times, up to the rounding of three steps; where kernels are measured,
      // up to a part of the step.
      const std::int64_t off = (at(far * 3) - at(far * 2)) - (at(far * 2) - at(far));
      CHECK(std::abs(off) <= 2 + static_cast<std::int64_t>(priced.slack * static_cast<double>(at(far * 3))));
    }
  }
}

TEST_CASE("one batch of decodes costs no more than its sequences one after another") {
  Draw draw{13};
  for (const Priced& priced : priced_models()) {
    const std::int64_t decodes = between(draw, 2, 64);
    const std::int64_t context = between(draw, 1, 8000);
    CAPTURE(priced.name, decodes, context);
    CHECK(priced.cost->step({{}, decodes, Tokens{decodes * context}}) <=
          decodes * priced.cost->step({{}, 1, Tokens{context}}));
  }
}

}  // namespace cleave

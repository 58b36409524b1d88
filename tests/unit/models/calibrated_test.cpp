#include "models/cost/calibrated.h"

#include <catch2/catch.hpp>

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>
#include <vector>

#include "models/cost/knots.h"
#include "models/cost/make_cost.h"
#include "models/cost/roofline.h"
#include "models/units/error.h"
#include "tests/unit/models/specs.h"

namespace cleave {
namespace {

constexpr const char* kHardware = CLEAVE_SOURCE_DIR "/models/catalog/hardware";

std::unique_ptr<ExplainedCost> calibrated(const char* model, const char* device, const ReplicaLayout& layout) {
  return make_step_cost("calibrated", catalogue().llm(model), catalogue().device(device), layout, kHardware);
}

struct Drawn {
  std::vector<PrefillChunk> chunks;
  BatchShape batch;
};

Drawn draw_batch(std::mt19937_64& draw) {
  Drawn out;
  for (std::uint64_t n = draw() % 4; n > 0; --n) {
    out.chunks.push_back(
        {Tokens{static_cast<std::int64_t>(1 + draw() % 3000)}, Tokens{static_cast<std::int64_t>(draw() % 9000)}});
  }
  out.batch.decodes = static_cast<std::int64_t>(draw() % 300);
  out.batch.decode_context = Tokens{out.batch.decodes * static_cast<std::int64_t>(1 + draw() % 9000)};
  out.batch.decode_width = out.batch.decodes > 0 ? static_cast<std::int64_t>(1 + draw() % 3) : 1;
  out.batch.scheduled_ahead = draw() % 2 == 0;
  return out;
}

}  // namespace

TEST_CASE("the rows of an explained step add up to what the step is charged") {
  std::mt19937_64 draw{3};
  for (const char* model : {"llama-3.1-8b", "qwen3-30b-a3b", "deepseek-v3.2", "qwen3-next-80b-a3b", "gpt-oss-20b"}) {
    for (const ReplicaLayout& layout : {ReplicaLayout{}, ReplicaLayout{4, 1, Dtype::fp8, Dtype::fp8},
                                        ReplicaLayout{2, 4, Dtype::bf16, Dtype::bf16}}) {
      for (const CostModelEntry& entry : cost_models()) {
        const auto cost =
            make_step_cost(entry.name, catalogue().llm(model), catalogue().device("h100-sxm"), layout, kHardware);
        for (int round = 0; round < 12; ++round) {
          Drawn drawn = draw_batch(draw);
          drawn.batch.prefills = drawn.chunks;
          CAPTURE(model, entry.name, layout.tp, drawn.chunks.size(), drawn.batch.decodes);
          const double charged = to_seconds(cost->step(drawn.batch));
          CHECK(cost->explain(drawn.batch).total() == Approx(charged).margin(2e-9).epsilon(1e-12));
        }
      }
    }
  }
}

TEST_CASE("a stretch told in full is priced as its steps one by one, the scatter of contexts included") {
  for (const std::uint32_t pp : {1U, 2U}) {
    const auto cost = calibrated("llama-3.1-8b", "b200-sxm", {1, pp, Dtype::bf16, Dtype::bf16});
    std::vector<std::int64_t> contexts{17, 90000, 2500, 4, 131071, 600, 601};
    const auto shape = [&] {
      BatchShape out{{}, static_cast<std::int64_t>(contexts.size()), Tokens{0}, 2, 0, Tokens{}, true};
      for (const std::int64_t c : contexts) {
        out.decode_context += Tokens{c};
        out.decode_context_squares += static_cast<double>(c * c);
      }
      return out;
    };
    std::vector<Duration> stretch(300);
    cost->decode_stretch(shape(), stretch);
    for (const Duration& priced : stretch) {
      REQUIRE(priced == cost->step(shape()));
      for (std::int64_t& c : contexts) ++c;
    }
  }
}

TEST_CASE("contexts that differ make a step longer, and work of the host that is hidden makes it shorter") {
  const auto cost = calibrated("llama-3.1-8b", "h100-sxm", {});
  BatchShape even{{}, 4, Tokens{40000}, 1, 4e8};
  BatchShape uneven = even;
  uneven.decode_context_squares = 1e9;
  CHECK(cost->step(uneven) > cost->step(even));
  const auto plain = calibrated("llama-3.1-8b", "trainium2", {});  // whose engine's time is all the host's
  BatchShape ahead = even;
  ahead.scheduled_ahead = true;
  CHECK(plain->step(ahead) < plain->step(even));
}

TEST_CASE("verifying drafts costs more than a step and less than as many steps as tokens") {
  const auto cost = calibrated("deepseek-v3", "b200-sxm", {8, 1, Dtype::fp8, Dtype::fp8, 8});
  const BatchShape one{{}, 16, Tokens{16 * 4000}};
  BatchShape three = one;
  three.decode_width = 3;
  CHECK(cost->step(three) > cost->step(one));
  CHECK(cost->step(three) < 3 * cost->step(one));
}

TEST_CASE("batches are padded to the sizes that graphs were captured for") {
  CHECK(token_knots::at(token_knots::find(17, true).below) == 24);
  CHECK(token_knots::at(token_knots::find(256, true).below) == 256);
  CHECK(token_knots::at(token_knots::find(257, true).below) == 272);
  CHECK(token_knots::at(token_knots::find(512, true).below) == 512);
  const KnotPosition between = token_knots::find(700, true);
  CHECK(token_knots::at(between.below) == 688);
  CHECK(between.weight == Approx(12.0 / 16));
}

TEST_CASE("knots are strictly increasing and found again") {
  for (std::size_t knot = 0; knot < 200; ++knot) {
    CAPTURE(knot);
    CHECK(token_knots::at(knot) < token_knots::at(knot + 1));
    CHECK(token_knots::find(token_knots::at(knot), false).below == knot);
    if (knot > 90) continue;
    CHECK(context_knots::at(knot) < context_knots::at(knot + 1));
    const KnotPosition found = context_knots::find(context_knots::at(knot));
    CHECK((found.below == knot && found.weight == 0));
  }
}

TEST_CASE("a walk over contexts finds the knots around each, whichever way it goes") {
  std::mt19937_64 draw{11};
  context_knots::Walk walk;
  double context = 1;
  for (int step = 0; step < 20000; ++step) {
    context = step % 100 == 0 ? std::exp2(static_cast<double>(draw() % 2000) / 100)
                              : context + static_cast<double>(draw() % 3);
    const KnotPosition found = walk.to(context);
    const double low = context_knots::at(found.below);
    const double high = context_knots::at(found.below + 1);
    CAPTURE(context, found.below);
    REQUIRE((low <= context && context < high));
    REQUIRE(found.weight == (context - low) / (high - low));
  }
}

TEST_CASE("what was priced before changes no price") {
  std::mt19937_64 draw{5};
  std::vector<Drawn> asked;
  for (int i = 0; i < 300; ++i) asked.push_back(draw_batch(draw));
  const auto price = [](const ExplainedCost& cost, const Drawn& drawn) {
    BatchShape batch = drawn.batch;
    batch.prefills = drawn.chunks;
    return cost.step(batch);
  };
  const auto used = calibrated("llama-3.1-8b", "h100-sxm", {});
  for (const Drawn& drawn : asked) (void)price(*used, drawn);
  for (auto drawn = asked.rbegin(); drawn != asked.rend(); ++drawn) {
    const auto fresh = calibrated("llama-3.1-8b", "h100-sxm", {});
    REQUIRE(price(*used, *drawn) == price(*fresh, *drawn));
    if (drawn - asked.rbegin() == 20) break;  // building a model takes milliseconds
  }
}

TEST_CASE("prices say what they rest on") {
  const std::vector<PrefillChunk> prompt{{Tokens{2000}, Tokens{0}}};
  const auto sources = [&](const char* device) {
    std::vector<std::size_t> count(kPriceSources);
    for (const PricedOperation& row : calibrated("llama-3.1-8b", device, {})->explain({prompt, 8, Tokens{8000}}).rows) {
      ++count[static_cast<std::size_t>(row.source)];
    }
    return count;
  };
  const auto of = [](const std::vector<std::size_t>& count, PriceSource source) {
    return count[static_cast<std::size_t>(source)];
  };
  CHECK(of(sources("h100-sxm"), PriceSource::fitted) + of(sources("h100-sxm"), PriceSource::measured) >= 4);
  CHECK(of(sources("h200-sxm"), PriceSource::transferred) >= 6);
  CHECK(of(sources("h200-sxm"), PriceSource::fitted) == 0);
  CHECK(of(sources("trainium2"), PriceSource::transferred) == 0);
  CHECK(of(sources("trainium2"), PriceSource::generic) >= 6);
}

TEST_CASE("without tables, operations add up to what a roofline of whole steps says") {
  // Two derivations of the same: one sums operations, the other coefficients of the model. Sampling is only in the
  // first.
  const DeviceSpec& device = catalogue().device("h100-sxm");
  for (const char* model : {"llama-3.1-8b", "llama-3.1-70b", "qwen3-30b-a3b", "deepseek-v3", "gpt-oss-20b"}) {
    for (const std::uint32_t tp : {1U, 4U}) {
      const ReplicaLayout layout{tp, 1, Dtype::bf16, Dtype::bf16};
      DeviceCalibration plain;
      plain.overhead = plain_overhead(device);
      const auto sum = make_calibrated(catalogue().llm(model), device, layout,
                                       std::make_shared<DeviceCalibration>(std::move(plain)));
      const auto roofline = make_roofline(catalogue().llm(model), device, layout);
      const std::vector<PrefillChunk> prompt{{Tokens{4096}, Tokens{0}}};
      for (const BatchShape& batch : {BatchShape{{}, 1, Tokens{1000}}, BatchShape{{}, 64, Tokens{64 * 2000}},
                                      BatchShape{{}, 256, Tokens{256 * 2000}}, BatchShape{prompt, 0, {}}}) {
        CAPTURE(model, tp, batch.decodes);
        CHECK(to_seconds(sum->step(batch)) == Approx(to_seconds(roofline->step(batch))).epsilon(0.07));
      }
    }
  }
}

TEST_CASE("a damaged file of step overheads is refused with file and reason") {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / ("cleave-step-file-" + std::to_string(::getpid()));
  fs::create_directories(folder / "h100-sxm");
  const auto refused = [&](const char* text) {
    std::ofstream(folder / "h100-sxm" / "step.json") << text;
    try {
      (void)load_calibration(folder, catalogue().device("h100-sxm"));
    } catch (const ConfigError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK_THAT(refused("{"), Catch::Contains("step.json: "));
  CHECK_THAT(refused(R"({"format": 2})"), Catch::Contains("format is not 1"));
  CHECK_THAT(refused(R"({"format": 1, "coefficients": {"host_s": -1}})"), Catch::Contains("host_s is negative"));
  fs::remove_all(folder);
}

/// One engine step of Qwen3-32B in bf16 on B300, vLLM 0.20.1: forward-pass wall time.
/// Source: forward-pass measurements of aiconfigurator's history (Apache-2.0), medians.
TEST_CASE("steps of Qwen3-32B on B300 come within a seventh of the measured ones, a twentieth on average") {
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
  double error = 0;
  for (const MeasuredStep& measured : kSteps) {
    const auto cost = calibrated("qwen3-32b", "b300-sxm", {measured.tp, 1, Dtype::bf16, Dtype::bf16});
    const std::vector<PrefillChunk> chunks(static_cast<std::size_t>(measured.prompts),
                                           PrefillChunk{Tokens{measured.prompt_tokens}, Tokens{0}});
    const double predicted =
        1e3 * to_seconds(cost->step({chunks, measured.decodes, Tokens{measured.decodes * measured.context}}));
    CAPTURE(measured.tp, measured.prompt_tokens, measured.decodes, measured.milliseconds, predicted);
    CHECK(predicted == Approx(measured.milliseconds).epsilon(1.0 / 7));
    error += std::abs(predicted / measured.milliseconds - 1);
  }
  CHECK(error / std::size(kSteps) < 1.0 / 20);
}

}  // namespace cleave

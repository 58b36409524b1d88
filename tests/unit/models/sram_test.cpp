// Decoding from on-chip memory.

#include <catch2/catch.hpp>

#include <array>
#include <vector>

#include "models/sram/sram_cost.h"
#include "tests/unit/models/specs.h"

namespace cleave {
namespace {

const DeviceSpec& wafer() {
  return catalogue().device("wse-3");
}

SramPlan plan_of(const LlmSpec& model, const ReplicaLayout& layout) {
  const auto planned = plan_sram(model, wafer(), layout);
  REQUIRE(std::holds_alternative<SramPlan>(planned));
  return std::get<SramPlan>(planned);
}

ReplicaLayout wafers(std::uint32_t count, Dtype dtype) {
  ReplicaLayout layout;
  layout.pp = count;
  layout.weights = layout.kv = dtype;
  return layout;
}

double tokens_per_second(const LlmSpec& model, const ReplicaLayout& layout, std::int64_t users, std::int64_t context) {
  const auto cost = make_sram_cost(model, wafer(), layout, plan_of(model, layout));
  return static_cast<double>(users) / to_seconds(cost->step({{}, users, Tokens{users * context}}));
}

}  // namespace

// Source: 1800 to 2100 tokens/s a user measured on Llama-70B, 16 bits, 4 systems.
TEST_CASE("Llama-70B on four wafers decodes 1800 to 2100 tokens a second for one user") {
  const LlmSpec& model = catalogue().llm("llama-3.1-70b");
  for (const std::int64_t context : {100, 2000, 8000}) {
    const double rate = tokens_per_second(model, wafers(4, Dtype::bf16), 1, context);
    CAPTURE(context, rate);
    CHECK(rate >= 1800);
    CHECK(rate <= 2100);
  }
}

// 176 GB less a tenth for buffers, less 70 GB of weights, over 160 KiB a token.
TEST_CASE("70B in 8 bits leaves room for 537 thousand tokens of KV on four wafers, within 5 %") {
  const SramPlan plan = plan_of(catalogue().llm("llama-3.1-70b"), wafers(4, Dtype::fp8));
  CAPTURE(plan.kv_tokens);
  CHECK(plan.kv_tokens >= 510'000);
  CHECK(plan.kv_tokens <= 564'000);
  CHECK(plan.kv_bytes_per_token == Approx(163'840));
}

TEST_CASE("20B fits one wafer, 70B in 16 bits needs four") {
  CHECK(std::holds_alternative<SramPlan>(plan_sram(catalogue().llm("llama-3.1-8b"), wafer(), wafers(1, Dtype::bf16))));
  const LlmSpec& large = catalogue().llm("llama-3.1-70b");
  const auto short_of = plan_sram(large, wafer(), wafers(3, Dtype::bf16));
  REQUIRE(std::holds_alternative<SramShortage>(short_of));
  CHECK(std::get<SramShortage>(short_of).message(large, wafer(), wafers(3, Dtype::bf16)).find("pp = 3") !=
        std::string::npos);
  CHECK(std::holds_alternative<SramPlan>(plan_sram(large, wafer(), wafers(4, Dtype::bf16))));
}

TEST_CASE("layers are contiguous groups that add up, and each stage's weights and KV fit its wafers") {
  const SramPlan plan = plan_of(catalogue().llm("llama-3.1-70b"), wafers(4, Dtype::fp8));
  double layers = 0;
  double weights = 0;
  for (const SramStage& stage : plan.stages) {
    layers += stage.layers;
    weights += stage.weight_bytes;
    CHECK(stage.weight_bytes + stage.kv_bytes_per_token * static_cast<double>(plan.kv_tokens) <= plan.usable_bytes);
  }
  CHECK(layers == 80);
  CHECK(weights == Approx(69.5e9).epsilon(0.01));  // 70.6 billion without the embedding table
}

TEST_CASE("every hop adds its cost to a token") {
  const LlmSpec& model = catalogue().llm("llama-3.1-70b");
  const ReplicaLayout four = wafers(4, Dtype::bf16);
  const ReplicaLayout eight = wafers(8, Dtype::bf16);
  const BatchShape one{{}, 1, Tokens{1000}};
  const double added = sram_step(model, wafer(), eight, plan_of(model, eight), one).total() -
                       sram_step(model, wafer(), four, plan_of(model, four), one).total();
  CHECK(added == Approx(4 * to_seconds(wafer().sram->hop.value)).margin(1e-7));
}

TEST_CASE("users fill the stages, so that four wafers serve four users nearly as fast as one") {
  const LlmSpec& model = catalogue().llm("llama-3.1-70b");
  const ReplicaLayout four = wafers(4, Dtype::bf16);
  const double one = tokens_per_second(model, four, 1, 2000);
  const double together = tokens_per_second(model, four, 4, 2000);
  CHECK(together > 3.7 * one);
  CHECK(together <= 4.0 * one);
}

TEST_CASE("a step never falls with more sequences, tokens or context, and stretches equal single steps") {
  for (const char* name : {"llama-3.1-70b", "qwen3-30b-a3b", "deepseek-v3"}) {
    const LlmSpec& model = catalogue().llm(name);
    const ReplicaLayout layout = wafers(24, Dtype::fp8);
    const auto cost = make_sram_cost(model, wafer(), layout, plan_of(model, layout));
    Duration before{};
    for (std::int64_t users = 1; users <= 256; users *= 2) {
      const Duration step = cost->step({{}, users, Tokens{users * 1000}});
      CHECK(step >= before);
      before = step;
      CHECK(cost->step({{}, users, Tokens{users * 1000 + 1000}}) >= step);
      const PrefillChunk chunk{Tokens{2000}, Tokens{500}};
      CHECK(cost->step({{&chunk, 1}, users, Tokens{users * 1000}}) > step);
      std::array<Duration, 5> stretch{};
      cost->decode_steps(users, Tokens{users * 1000}, stretch);
      for (std::int64_t k = 0; k < 5; ++k) {
        CHECK(stretch[static_cast<std::size_t>(k)] == cost->step({{}, users, Tokens{users * 1000 + k * users}}));
      }
    }
  }
}

TEST_CASE("KV beyond the chip is read from the host in every step") {
  const LlmSpec& model = catalogue().llm("llama-3.1-70b");
  const ReplicaLayout layout = wafers(4, Dtype::fp8);
  const SramPlan plan = plan_of(model, layout);
  const auto step = [&](std::int64_t context) {
    return sram_step(model, wafer(), layout, plan, {{}, 64, Tokens{context}});
  };
  CHECK(step(plan.kv_tokens).spilled == 0);
  // 100k tokens of 160 KiB over four hosts' links of 150 GB/s.
  CHECK(step(plan.kv_tokens + 100'000).spilled == Approx(100'000 * 163'840.0 / (4 * 150e9)));
}

}  // namespace cleave

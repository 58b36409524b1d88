#include "models/cost/memory_plan.h"

#include <catch2/catch.hpp>

#include "tests/unit/models/specs.h"

namespace cleave {
namespace {

constexpr double kGiB = 1024.0 * 1024 * 1024;

MemoryPlan plan_of(const char* model, const char* device, const ReplicaLayout& layout,
                   const MemoryDemand& demand = {}) {
  const auto result = plan_memory(catalogue().llm(model), catalogue().device(device), layout, demand);
  REQUIRE(std::holds_alternative<MemoryPlan>(result));
  return std::get<MemoryPlan>(result);
}

}  // namespace

TEST_CASE("what a plan hands out adds up to what may be used") {
  for (const std::uint32_t tp : {1U, 2U, 8U}) {
    ReplicaLayout layout;
    layout.tp = tp;
    const MemoryPlan plan = plan_of("llama-3.1-8b", "h100-sxm", layout);
    CHECK(plan.weights + plan.activations + plan.reserved + plan.kv == plan.usable);
    CHECK(plan.kv_blocks * plan.block.value() <= plan.kv.value());
    CHECK((plan.kv_blocks + 1) * plan.block.value() > plan.kv.value());
  }
}

TEST_CASE("KV memory agrees with what vLLM reports on B200") {
  // Llama-3.3-70B fp4 weights, fp8 KV, vLLM 0.15, utilization 0.9: 119.35 GiB and 782 176 tokens with tp 1, 153.85 GiB
  // and 8 066 320 tokens with tp 8. Source: metadata of public multi-turn runs (InferenceX, Apache-2.0).
  ReplicaLayout layout;
  layout.weights = Dtype::fp4;
  layout.kv = Dtype::fp8;
  const MemoryPlan one = plan_of("llama-3.1-70b", "b200-sxm", layout, {0.9, Tokens{8192}, 64, Tokens{16}});
  CHECK(static_cast<double>(one.kv.value()) / kGiB == Approx(119.35).epsilon(0.015));
  CHECK(static_cast<double>(one.kv_blocks * 16) == Approx(782176).epsilon(0.015));
  layout.tp = 8;
  const MemoryPlan eight = plan_of("llama-3.1-70b", "b200-sxm", layout, {0.9, Tokens{8192}, 16, Tokens{16}});
  CHECK(static_cast<double>(eight.kv.value()) / kGiB == Approx(153.85).epsilon(0.015));
  CHECK(static_cast<double>(eight.kv_blocks * 16) == Approx(8066320).epsilon(0.015));
}

TEST_CASE("weights that do not fit are an answer that says how much is missing") {
  const LlmSpec& model = catalogue().llm("llama-3.1-70b");
  const DeviceSpec& device = catalogue().device("h100-sxm");
  const auto result = plan_memory(model, device, {}, {});
  REQUIRE(std::holds_alternative<MemoryShortage>(result));
  const MemoryShortage& shortage = std::get<MemoryShortage>(result);
  CHECK(shortage.weights.value() > 141'000'000'000);
  CHECK(shortage.needed > shortage.weights);
  CHECK(shortage.usable < device.memory.size.value);
  const std::string message = shortage.message(model, device, {});
  CHECK(message.find("llama-3.1-70b") != std::string::npos);
  CHECK(message.find("141.1 GB of weights") != std::string::npos);
  CHECK(message.find("78.7 GB are usable") != std::string::npos);
  ReplicaLayout four;
  four.tp = 4;
  CHECK(std::holds_alternative<MemoryPlan>(plan_memory(model, device, four, {})));
}

TEST_CASE("exactly one block more or less decides whether a model fits") {
  DeviceSpec device = ideal_device();
  const LlmSpec model = tiny_model();
  const MemoryDemand demand{1.0, Tokens{16}, 1, Tokens{16}};
  const auto shortage = plan_memory(
      model,
      [&] {
        device.memory.size.value = Bytes{1};
        return device;
      }(),
      {}, demand);
  REQUIRE(std::holds_alternative<MemoryShortage>(shortage));
  device.memory.size.value = std::get<MemoryShortage>(shortage).needed;
  const auto fits = plan_memory(model, device, {}, demand);
  REQUIRE(std::holds_alternative<MemoryPlan>(fits));
  CHECK(std::get<MemoryPlan>(fits).kv_blocks == 1);
  device.memory.size.value -= Bytes{1};
  CHECK(std::holds_alternative<MemoryShortage>(plan_memory(model, device, {}, demand)));
}

TEST_CASE("a block is its tokens' KV on one accelerator, and the replica's KV counts each token once") {
  ReplicaLayout layout;
  layout.tp = 4;
  const MemoryPlan plan = plan_of("llama-3.1-70b", "h100-sxm", layout);
  CHECK(plan.block.value() == 16 * 327680 / 4);
  CHECK(plan.replica_kv.value() == plan.kv_blocks * 16 * 327680);
  const MemoryPlan latent = plan_of("deepseek-v3", "b200-sxm", {8, 1, Dtype::fp8, Dtype::bf16});
  CHECK(latent.block.value() == 16 * 70272);  // every rank holds every entry
  CHECK(latent.replica_kv.value() == latent.kv_blocks * 16 * 70272);
}

TEST_CASE("constant state is stated in blocks beside the growing KV") {
  const MemoryPlan plan = plan_of("qwen3-next-80b-a3b", "h200-sxm", {2, 1, Dtype::fp8, Dtype::bf16});
  CHECK(plan.state_per_sequence.value() == 77266944 / 2);
  CHECK(plan.state_blocks_per_sequence == (77266944 / 2 + plan.block.value() - 1) / plan.block.value());
  CHECK(plan_of("llama-3.1-8b", "h100-sxm", {}).state_blocks_per_sequence == 0);
}

TEST_CASE("more of anything that is kept leaves fewer blocks") {
  const std::int64_t blocks = plan_of("qwen3-32b", "h200-sxm", {}).kv_blocks;
  CHECK(plan_of("qwen3-32b", "h200-sxm", {}, {0.80, Tokens{8192}, 1024, Tokens{16}}).kv_blocks < blocks);
  CHECK(plan_of("qwen3-32b", "h200-sxm", {}, {0.92, Tokens{16384}, 1024, Tokens{16}}).kv_blocks < blocks);
  CHECK(plan_of("qwen3-32b", "h200-sxm", {1, 1, Dtype::fp8, Dtype::bf16}).kv_blocks > blocks);
  CHECK(plan_of("qwen3-32b", "h200-sxm", {1, 1, Dtype::bf16, Dtype::fp8}).kv_blocks > 2 * blocks - 2);
}

}  // namespace cleave

// What a deployment chooses instead of what tables measured: attention kernels, graphs, the way to peers.

#include "models/cost/engine_kernels.h"

#include <catch2/catch.hpp>

#include <random>

#include "models/cost/flashinfer.h"
#include "models/cost/make_cost.h"
#include "tests/unit/models/specs.h"

namespace cleave {
namespace {

constexpr const char* kHardware = CLEAVE_SOURCE_DIR "/models/catalog/hardware";

std::unique_ptr<ExplainedCost> priced(const char* model, const char* device, const ReplicaLayout& layout,
                                      const EngineKernels& kernels) {
  return make_step_cost("calibrated", catalogue().llm(model), catalogue().device(device), layout, kHardware, kernels);
}

double collective_seconds_of(const StepBreakdown& step, std::string_view name) {
  for (const PricedOperation& row : step.rows) {
    if (row.name == name) return row.seconds / row.count;
  }
  return 0;
}

DecodeWork llama_scan(double batch, double context, double kv_heads, double kv_bytes, double longest = 0) {
  return {batch, context, {8 * kv_heads, kv_heads, 128, kv_bytes, 2, 0}, false, longest};
}

constexpr EngineKernels kFlashInfer{AttentionBackend::flashinfer_fa2, GraphMode::full_decode_only, PeerAccess::direct};

}  // namespace

// Source: PrefillSplitQOKVIndptr of flashinfer/attention/scheduler.cuh. 148 multiprocessors have 296 places.
TEST_CASE("FlashInfer cuts contexts until all thread blocks run at once, and leaves them whole where they cannot") {
  // Eight KV heads: 37 chunks. Sixteen sequences lose half a chunk each: 57088 tokens over 29.
  CHECK(plan_scan(llama_scan(16, 3568, 8, 1, 11000), 148).longest == Approx(57088 / 29.0));
  CHECK(plan_scan(llama_scan(16, 3568, 8, 1, 11000), 148).share == 0);
  // One KV head, as of eight ranks: 296 chunks for 64 sequences.
  CHECK(plan_scan(llama_scan(64, 3400, 1, 1, 11000), 148).longest == Approx(64 * 3400 / 264.0));
  // No chunk is below 128 tokens, nor longer than the longest context.
  CHECK(plan_scan(llama_scan(2, 300, 8, 1), 148).longest == 128);
  CHECK(plan_scan(llama_scan(37, 1000, 8, 1, 1200), 148).longest == 1200);
  // 64 sequences of eight heads are 512 blocks in 296 places: whole contexts, one after the other.
  const ScanPlan whole = plan_scan(llama_scan(64, 3400, 8, 1, 13000), 148);
  CHECK(whole.longest == 13000);
  CHECK(whole.share == Approx(64 * 3400 * 8 / 296.0));
  CHECK(whole.waves == Approx(512 / 296.0));
}

// Source: flashinfer-ai/flashinfer issue 1753, H20, 128 sequences, 16 KV heads and 128 query heads: the two times that
// the figures were derived from, and what they say of 16-bit KV, which they were not.
TEST_CASE("the figures of FlashInfer's kernels give back what was measured") {
  DeviceSpec h20 = catalogue().device("h20");
  h20.flashinfer_fa2 = catalogue().device("b200-sxm").flashinfer_fa2;
  CHECK(fa2_decode_seconds(llama_scan(128, 1024, 16, 1), h20) == Approx(437e-6).epsilon(0.04));
  CHECK(fa2_decode_seconds(llama_scan(128, 2048, 16, 1), h20) == Approx(760e-6).epsilon(0.04));
  CHECK(fa2_decode_seconds(llama_scan(128, 2048, 16, 2), h20) == Approx(633e-6).epsilon(0.35));
  // vllm-project/vllm pull request 25998, B200: 65536 tokens after as many, 547.3 ms.
  const PrefillWork prompt{1, 65536, 65536, {64, 8, 128, 2, 2, 0}};
  CHECK(fa2_prefill_seconds(prompt, catalogue().device("b200-sxm")) == Approx(547.3e-3).epsilon(0.03));
}

TEST_CASE("KV in 8 bits is read no faster by kernels that widen it, and slower by a prompt") {
  const DeviceSpec& device = catalogue().device("b200-sxm");
  const double narrow = fa2_decode_seconds(llama_scan(64, 4000, 8, 1), device);
  const double wide = fa2_decode_seconds(llama_scan(64, 4000, 8, 2), device);
  CHECK(narrow <= wide);
  CHECK(narrow > 0.7 * wide);
  PrefillWork prompt{1, 4096, 0, {64, 8, 128, 2, 2, 0}};
  const double plain = fa2_prefill_seconds(prompt, device);
  prompt.heads.kv_bytes = 1;
  CHECK(fa2_prefill_seconds(prompt, device) > 1.1 * plain);
}

TEST_CASE("scans take longer with more sequences, longer contexts and a longer longest one") {
  const DeviceSpec& device = catalogue().device("b200-sxm");
  std::mt19937_64 draw{7};
  for (int round = 0; round < 2000; ++round) {
    const auto batch = static_cast<double>(1 + draw() % 300);
    const auto context = static_cast<double>(16 + draw() % 9000);
    const double longest = context * (1 + static_cast<double>(draw() % 400) / 100);
    const auto heads = static_cast<double>(1U << (draw() % 4));
    CAPTURE(batch, context, longest, heads);
    const double now = fa2_decode_seconds(llama_scan(batch, context, heads, 1, longest), device);
    CHECK(fa2_decode_seconds(llama_scan(batch + 1, context, heads, 1, longest), device) >= now * (1 - 1e-12));
    CHECK(fa2_decode_seconds(llama_scan(batch, context * 1.01, heads, 1, longest * 1.01), device) >= now);
    CHECK(fa2_decode_seconds(llama_scan(batch, context, heads, 1, longest * 1.3), device) >= now);
  }
}

TEST_CASE("a stretch costs what its steps cost, and explained rows add up, whatever the deployment chose") {
  const ReplicaLayout layout{2, 1, Dtype::fp4, Dtype::fp8};
  const auto cost = priced("llama-3.1-70b", "b200-sxm", layout, kFlashInfer);
  BatchShape batch{{}, 48, Tokens{48 * 2600}};
  batch.decode_longest = Tokens{9000};
  batch.scheduled_ahead = true;
  std::vector<Duration> stretch(40);
  cost->decode_stretch(batch, stretch);
  for (const Duration& step : stretch) {
    CHECK(step == cost->step(batch));
    batch.decode_context += Tokens{48};
    batch.decode_longest += Tokens{1};
  }
  const std::vector<PrefillChunk> chunks{{Tokens{300}, Tokens{3000}}, {Tokens{9}, Tokens{0}}};
  for (const bool prompts : {false, true}) {
    if (prompts) batch.prefills = chunks;
    CHECK(cost->explain(batch).total() == Approx(to_seconds(cost->step(batch))).margin(2e-9));
  }
}

TEST_CASE("steps that no graph holds take as long as their launches, the others what they took") {
  const ReplicaLayout layout{1, 1, Dtype::fp4, Dtype::fp8};
  const auto captured = priced("llama-3.1-70b", "b200-sxm", layout, {});
  const auto decodes = priced("llama-3.1-70b", "b200-sxm", layout, {{}, GraphMode::full_decode_only, {}});
  const auto nothing = priced("llama-3.1-70b", "b200-sxm", layout, {{}, GraphMode::none, {}});
  const BatchShape decode{{}, 16, Tokens{16 * 3000}};
  CHECK(decodes->step(decode) == captured->step(decode));
  CHECK(nothing->step(decode) > decodes->step(decode));
  const std::vector<PrefillChunk> chunk{{Tokens{200}, Tokens{3000}}};
  const BatchShape prompt{chunk, 16, Tokens{16 * 3000}};
  CHECK(decodes->step(prompt) > captured->step(prompt));
  CHECK(decodes->step(prompt) == nothing->step(prompt));
  // 80 layers, four products of 4-bit weights each.
  const double product = to_seconds(catalogue().device("b200-sxm").overheads.fp4_launch->value);
  CHECK(to_seconds(decodes->step(prompt)) > 80 * 4 * product);
}

// Two ranks: each byte crosses the bus twice, and each of the two steps of an all-reduce waits for the other side.
TEST_CASE("collectives through the host's memory pay its latency and cross the bus twice") {
  const ReplicaLayout layout{2, 1, Dtype::bf16, Dtype::bf16};
  const auto direct = priced("qwen3-32b", "rtx-pro-6000", layout, {});
  const auto staged = priced("qwen3-32b", "rtx-pro-6000", layout, {{}, {}, PeerAccess::host});
  const double hop = to_seconds(catalogue().device("rtx-pro-6000").host_staging->hop.value);
  const auto reduce = [](const ExplainedCost& cost, const BatchShape& batch) {
    return collective_seconds_of(cost.explain(batch), "MLP all-reduce");
  };
  const BatchShape small{{}, 1, Tokens{100}};
  CHECK(reduce(*staged, small) > reduce(*direct, small) + 2 * hop);
  CHECK(reduce(*staged, small) < reduce(*direct, small) + 2 * hop + 10e-6);
  const std::vector<PrefillChunk> chunk{{Tokens{2048}, Tokens{0}}};
  const BatchShape large{chunk, 0, Tokens{0}};
  CHECK(reduce(*staged, large) == Approx(2 * reduce(*direct, large)).epsilon(0.1));
  // What does not cross the bus stays as it was.
  CHECK(collective_seconds_of(staged->explain(large), "gate_up") ==
        collective_seconds_of(direct->explain(large), "gate_up"));
}

TEST_CASE("a device that lacks the figures says so") {
  CHECK(attention_problem(AttentionBackend::flashinfer_fa2, catalogue().device("h100-sxm")).has_value());
  CHECK_FALSE(attention_problem(AttentionBackend::flashinfer_fa2, catalogue().device("b200-sxm")).has_value());
  CHECK(peer_problem(PeerAccess::host, catalogue().device("b200-sxm")).has_value());
  CHECK(peer_problem(PeerAccess::host, ideal_device()).has_value());
  CHECK_FALSE(peer_problem(PeerAccess::host, catalogue().device("l40s")).has_value());
}

}  // namespace cleave

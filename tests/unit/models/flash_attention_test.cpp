// Decodes that attend in one kernel with prompts: what FlashAttention 2 makes of them, against what was measured.

#include "models/cost/flash_attention.h"

#include <catch2/catch.hpp>

#include "models/cost/make_cost.h"
#include "tests/unit/models/specs.h"

namespace cleave {
namespace {

constexpr const char* kFlashHardware = CLEAVE_SOURCE_DIR "/models/catalog/hardware";

double joint_us(const char* device, double batch, double context, double heads, double kv_heads, double longest = 0,
                double beside = 64) {
  return joint_decode_seconds({batch, context, {heads, kv_heads, 128, 2, 2, 0}, false, longest, beside},
                              catalogue().device(device)) *
         1e6;
}

double seconds_of(const StepBreakdown& step, std::string_view kind) {
  double seconds = 0;
  for (const PricedOperation& row : step.rows) seconds += row.kind == kind ? row.seconds : 0;
  return seconds;
}

std::unique_ptr<ExplainedCost> priced(const char* device, MixedAttention mixed, Dtype kv = Dtype::bf16,
                                      AttentionBackend attention = AttentionBackend::tables) {
  return make_step_cost("calibrated", catalogue().llm("llama-3.1-8b"), catalogue().device(device),
                        {1, 1, Dtype::bf16, kv}, kFlashHardware, {attention, {}, {}, mixed});
}

const std::vector<PrefillChunk> kChunk{{Tokens{1000}, Tokens{0}}};

}  // namespace

// Source: LLMServingSim's attention tables of vLLM 0.19: a prompt's chunk of 64 tokens with decodes less the chunk
// alone.
TEST_CASE("decodes beside a prompt take what was measured, on two accelerators") {
  // Query heads count, not KV heads: computing bounds it.
  CHECK(joint_us("rtx-pro-6000", 64, 1024, 32, 8) == Approx(302).epsilon(0.12));
  CHECK(joint_us("rtx-pro-6000", 64, 1024, 32, 4) == Approx(292).epsilon(0.12));
  CHECK(joint_us("rtx-pro-6000", 64, 1024, 64, 8) == Approx(574).epsilon(0.12));
  CHECK(joint_us("rtx-pro-6000", 128, 512, 32, 4) == Approx(366).epsilon(0.12));
  CHECK(joint_us("rtx-pro-6000", 32, 4096, 32, 8) == Approx(569).epsilon(0.12));
  // A few sequences: one tile after the other on one multiprocessor. The form alone is 13 % too slow there.
  CHECK(joint_us("rtx-pro-6000", 4, 4096, 32, 8) == Approx(89).epsilon(0.15));
  // Keys and values of all sequences no longer fit into the cache: query heads read them again.
  CHECK(joint_us("rtx-pro-6000", 128, 4096, 32, 8) == Approx(4293).epsilon(0.12));
  CHECK(joint_us("rtx-pro-6000", 128, 4096, 32, 4) == Approx(4082).epsilon(0.12));
  CHECK(joint_us("rtx-pro-6000", 64, 8192, 32, 8) == Approx(2906).epsilon(0.12));
  CHECK(joint_us("rtx-4090", 128, 2048, 32, 8) == Approx(4511).epsilon(0.12));
  CHECK(joint_us("rtx-4090", 128, 8192, 32, 8) == Approx(18032).epsilon(0.12));
}

// The same tables: what longer chunks add to that, less the longer chunk alone.
TEST_CASE("a longer prompt brings empty tiles for each decode") {
  const auto more = [](const char* device, double batch, double heads, double chunk) {
    return joint_us(device, batch, 1024, heads, 8, 0, chunk) - joint_us(device, batch, 1024, heads, 8);
  };
  CHECK(more("rtx-pro-6000", 128, 32, 1024) == Approx(98.7).epsilon(0.12));
  CHECK(more("rtx-pro-6000", 128, 32, 2048) == Approx(193.7).epsilon(0.12));
  CHECK(more("rtx-pro-6000", 64, 64, 512) == Approx(47.1).epsilon(0.12));
  CHECK(more("rtx-4090", 64, 32, 2048) == Approx(135.5).epsilon(0.12));
}

TEST_CASE("the longest context is passed by one multiprocessor") {
  CHECK(joint_us("rtx-pro-6000", 4, 1000, 8, 2, 3900) == Approx(joint_us("rtx-pro-6000", 1, 3900, 8, 2)).epsilon(0.01));
  CHECK(joint_us("rtx-pro-6000", 128, 1000, 32, 8, 3900) == joint_us("rtx-pro-6000", 128, 1000, 32, 8));
}

TEST_CASE("more decodes, heads or tokens never take less time") {
  for (const char* device : {"rtx-pro-6000", "a100-80-sxm", "l40s", "l4"}) {
    for (double batch = 1; batch <= 256; batch *= 2) {
      for (double context = 64; context <= 65536; context *= 2) {
        CAPTURE(device, batch, context);
        const double time = joint_us(device, batch, context, 32, 8);
        CHECK(joint_us(device, batch + 1, context, 32, 8) >= time);
        CHECK(joint_us(device, batch, context + 16, 32, 8) >= time);
        CHECK(joint_us(device, batch, context, 40, 8) >= time);
        CHECK(joint_us(device, batch, context, 32, 8, 2 * context) >= time);
      }
    }
  }
}

TEST_CASE("only steps with prompts, of FlashAttention 2 and KV of 16 bits, pay for one kernel") {
  const BatchShape decode{{}, 64, Tokens{64 * 1000}};
  const BatchShape mixed{kChunk, 64, Tokens{64 * 1000}};
  const auto joint = priced("rtx-pro-6000", MixedAttention::joint);
  const auto apart = priced("rtx-pro-6000", MixedAttention::apart);
  CHECK(joint->step(decode) == apart->step(decode));
  CHECK(joint->step(mixed) > apart->step(mixed));
  CHECK(joint->explain(mixed).total() == Approx(to_seconds(joint->step(mixed))).margin(2e-9));
  CHECK(seconds_of(joint->explain(mixed), "prefill attention") ==
        seconds_of(apart->explain(mixed), "prefill attention"));
  // Timed in vLLM 0.19: 64 decodes of 1 024 tokens add 347 us to a prompt of 1 024.
  CHECK(seconds_of(joint->explain(mixed), "decode attention") == Approx(32 * 347e-6).epsilon(0.08));
  // Without a table of such calls the form alone prices.
  CHECK(seconds_of(priced("l40s", MixedAttention::joint)->explain(mixed), "decode attention") ==
        Approx(32 * 1e-6 * joint_us("l40s", 64, 1000, 32, 8, 0, 1000)));
  // FlashInfer reads KV of 8 bits; FlashAttention 3 gathers query heads beside prompts, too.
  CHECK(priced("rtx-pro-6000", MixedAttention::joint, Dtype::fp8)->step(mixed) ==
        priced("rtx-pro-6000", MixedAttention::apart, Dtype::fp8)->step(mixed));
  CHECK(priced("h100-sxm", MixedAttention::joint)->step(mixed) ==
        priced("h100-sxm", MixedAttention::apart)->step(mixed));
}

// Several query tokens a sequence are rows of one tile: no more than one, but no longer gathered.
TEST_CASE("sequences that verify drafts are taken as prompts are") {
  const auto joint = priced("rtx-pro-6000", MixedAttention::joint);
  const auto apart = priced("rtx-pro-6000", MixedAttention::apart);
  BatchShape drafts{{}, 64, Tokens{64 * 1000}, 3};
  CHECK(joint->step(drafts) > apart->step(drafts));
  CHECK(joint->explain(drafts).total() == Approx(to_seconds(joint->step(drafts))).margin(2e-9));
  std::vector<Duration> stretch(5);
  joint->decode_stretch(drafts, stretch);
  for (const Duration& step : stretch) {
    CHECK(step == joint->step(drafts));
    drafts.decode_context += Tokens{64};
  }
}

// Source: num_splits_heuristic of flash-attention, 188 multiprocessors counted twice: from 301 blocks nothing is split.
TEST_CASE("a context that is not split ends the scan when it is longer than what each multiprocessor passes") {
  const DeviceSpec& device = catalogue().device("rtx-pro-6000");
  const auto stretch = [&](double batch, double context, double longest) {
    return whole_context_stretch({batch, context, {32, 8, 128, 2, 2, 0}, false, longest}, device);
  };
  CHECK_FALSE(stretch(37, 1400, 4700).has_value());
  // 45 sequences: 2681 tokens a multiprocessor. The longest has passed (2681 + 1400) / 2 when the others have ended; a
  // token of the rest takes 22.7 ns, where 512 bytes at a 188th of 1.4 TB/s take 68.9.
  const double turn = 45 * 1400 * 8 / 188.0;
  CHECK(*stretch(45, 1400, 4700) == Approx(1 + (4700 - (turn + 1400) / 2) * 22.7 / 68.9 / turn).epsilon(0.002));
  CHECK(*stretch(45, 1400, 9400) - *stretch(45, 1400, 4700) == Approx(4700 * 22.7 / 68.9 / turn).epsilon(0.005));
  // Many sequences: the others take as long as the longest.
  CHECK(*stretch(128, 1400, 4700) == Approx(1).epsilon(0.01));
  CHECK(*stretch(45, 1400, 1400) == Approx(1).epsilon(0.001));

  const auto cost = priced("rtx-pro-6000", MixedAttention::joint);
  BatchShape batch{{}, 45, Tokens{45 * 1400}};
  batch.decode_longest = Tokens{1400};
  const Duration even = cost->step(batch);
  batch.decode_longest = Tokens{4700};
  CHECK(cost->step(batch) > even);
  CHECK(cost->explain(batch).total() == Approx(to_seconds(cost->step(batch))).margin(2e-9));
}

}  // namespace cleave

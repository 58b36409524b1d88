#include "models/arch/kv_footprint.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <set>

#include "tests/unit/models/specs.h"

namespace cleave {
namespace {

/// Bytes of KV per further token, and what a sequence holds besides (megabytes, as published; 0: nothing).
/// Source: public config.json files through aiconfigurator's and InferSim's KV formulas.
struct KnownKv {
  const char* model;
  double bf16;
  double fp8;
  double constant_mb;
};

constexpr KnownKv kKnown[] = {{"llama-3.1-8b", 131072, 65536, 0},       {"llama-3.1-70b", 327680, 163840, 0},
                              {"llama-3.1-405b", 516096, 258048, 0},    {"llama-2-70b", 327680, 163840, 0},
                              {"qwen2.5-7b", 57344, 28672, 0},          {"qwen2.5-32b", 262144, 131072, 0},
                              {"qwen2.5-72b", 327680, 163840, 0},       {"qwen3-8b", 147456, 73728, 0},
                              {"qwen3-32b", 262144, 131072, 0},         {"qwen3-30b-a3b", 98304, 49152, 0},
                              {"qwen3-235b-a22b", 192512, 96256, 0},    {"qwen3-next-80b-a3b", 24576, 12288, 77.3},
                              {"qwen3.5-397b-a17b", 30720, 15360, 192}, {"deepseek-v3", 70272, 35136, 0},
                              {"deepseek-v3.2", 78324, 48068, 0},       {"deepseek-v4-pro", 8408, 4940, 25.5},
                              {"deepseek-v4-flash", 5872, 3450, 17.0},  {"kimi-k2", 70272, 35136, 0},
                              {"kimi-k3", 27648, 13824, 449},           {"kimi-linear-48b-a3b", 8064, 4032, 43.4},
                              {"gpt-oss-20b", 24576, 12288, 3.1},       {"gpt-oss-120b", 36864, 18432, 4.7},
                              {"mixtral-8x7b", 131072, 65536, 0},       {"mixtral-8x22b", 229376, 114688, 0},
                              {"opt-13b", 819200, 409600, 0},           {"opt-66b", 2359296, 1179648, 0},
                              {"opt-175b", 4718592, 2359296, 0},        {"glm-5.2", 89856, 44928, 0},
                              {"minimax-m3", 122880, 61440, 0},         {"qwen3.6-35b-a3b", 20480, 10240, 64.4},
                              {"minimax-m2.5", 253952, 126976, 0}};

ReplicaLayout layout_of(std::uint32_t tp, std::uint32_t pp, Dtype kv) {
  ReplicaLayout layout;
  layout.tp = tp;
  layout.pp = pp;
  layout.kv = kv;
  return layout;
}

}  // namespace

TEST_CASE("KV bytes per token of every model are the published ones") {
  std::set<std::string> checked;
  for (const KnownKv& known : kKnown) {
    CAPTURE(known.model);
    const LlmSpec& model = catalogue().llm(known.model);
    checked.insert(known.model);
    // Half a byte apart at most: compressed entries are shared by several tokens, so a token's part is no whole number.
    CHECK(std::abs(kv_footprint(model, layout_of(1, 1, Dtype::bf16)).growing - known.bf16) <= 0.5);
    CHECK(std::abs(kv_footprint(model, layout_of(1, 1, Dtype::fp8)).growing - known.fp8) <= 0.5);
    const double constant = static_cast<double>(kv_footprint(model, {}).constant().value()) * 1e-6;
    CHECK(std::abs(constant - known.constant_mb) <= 0.005 * known.constant_mb + 0.05 * (known.constant_mb > 0));
  }
  for (const std::string_view name : catalogue().names(CatalogueKind::llm)) {
    CAPTURE(name);
    CHECK(checked.count(std::string(name)) == 1);
  }
}

TEST_CASE("KV heads are split over tensor ranks until one is left on each") {
  const LlmSpec& model = catalogue().llm("llama-3.1-70b");  // 8 KV heads
  const double whole = kv_footprint(model, layout_of(1, 1, Dtype::bf16)).growing;
  CHECK(kv_footprint(model, layout_of(2, 1, Dtype::bf16)).growing == whole / 2);
  CHECK(kv_footprint(model, layout_of(8, 1, Dtype::bf16)).growing == whole / 8);
  CHECK(kv_footprint(model, layout_of(16, 1, Dtype::bf16)).growing == whole / 8);
}

TEST_CASE("latent entries are held by every tensor rank") {
  const LlmSpec& model = catalogue().llm("deepseek-v3");
  CHECK(kv_footprint(model, layout_of(8, 1, Dtype::bf16)).growing == 70272);
}

TEST_CASE("pipeline stages divide KV by layers") {
  const LlmSpec& model = catalogue().llm("llama-3.1-70b");
  CHECK(kv_footprint(model, layout_of(1, 4, Dtype::bf16)).growing == Approx(327680 / 4.0));
  // 61 layers over 4 stages: the fullest has 16.
  CHECK(kv_footprint(catalogue().llm("deepseek-v3"), layout_of(1, 4, Dtype::bf16)).growing == Approx(16 * 1152.0));
}

TEST_CASE("a window layer stops growing at its window") {
  const LlmSpec& model = catalogue().llm("gpt-oss-20b");  // 12 full layers, 12 of 128 tokens, 2048 bytes each
  CHECK(kv_bytes(model, {}, Tokens{100}).value() == 24 * 2048 * 100);
  CHECK(kv_bytes(model, {}, Tokens{1000}).value() == 12 * 2048 * 1000 + 12 * 2048 * 128);
  CHECK(kv_bytes(model, {}, Tokens{0}).value() == 0);
}

TEST_CASE("constant state is there from the first token and splits over tensor ranks") {
  const LlmSpec& model = catalogue().llm("qwen3-next-80b-a3b");
  CHECK(kv_bytes(model, {}, Tokens{0}).value() == 77266944);
  CHECK(kv_bytes(model, layout_of(2, 1, Dtype::bf16), Tokens{0}).value() == 77266944 / 2);
}

TEST_CASE("a page has as many tokens as a layer's state takes the room of") {
  // 32 heads of 128 x 128 in fp32 and 3 x 8192 in bf16: 2 146 304 bytes a layer, and 2 048 a token: 1 048 tokens.
  CHECK(state_page(catalogue().llm("qwen3-next-80b-a3b"), {}) == Tokens{1056});
  // 2 x 32 x 128 of keys and 32 x 128 of values in the convolution: 2 170 880 bytes a layer, and 1 152 a token: 1 885.
  CHECK(state_page(catalogue().llm("kimi-linear-48b-a3b"), {}) == Tokens{1888});
  CHECK_FALSE(state_page(catalogue().llm("llama-3.1-8b"), {}));
  CHECK_FALSE(state_page(catalogue().llm("gpt-oss-20b"), {}));
  CHECK(kv_footprint(catalogue().llm("qwen3-next-80b-a3b"), {}).recurrent == 77266944);
  CHECK(kv_footprint(catalogue().llm("deepseek-v4-pro"), {}).recurrent == 0);
}

TEST_CASE("DeepSeek-V4 holds a tenth and a fourteenth of the KV of V3.2 at a million tokens") {
  const auto at_a_million = [](const char* name) {
    return ratio(kv_bytes(catalogue().llm(name), layout_of(1, 1, Dtype::fp8), Tokens{1 << 20}), Bytes{1});
  };
  CHECK(at_a_million("deepseek-v4-pro") / at_a_million("deepseek-v3.2") == Approx(0.103).epsilon(0.02));
  CHECK(at_a_million("deepseek-v4-flash") / at_a_million("deepseek-v3.2") == Approx(0.072).epsilon(0.02));
}

}  // namespace cleave

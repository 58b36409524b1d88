#include "models/arch/hf_config.h"

#include <catch2/catch.hpp>

#include <string>

#include "models/arch/kv_footprint.h"
#include "models/arch/parameters.h"
#include "models/units/error.h"
#include "tests/unit/models/specs.h"

namespace cleave {
namespace {

/// The fields of published config.json files that matter, and the catalogue's entry of the same model.
struct Known {
  const char* entry;
  const char* config;
};

constexpr Known kKnown[] = {
    {"llama-3.1-8b", R"({"model_type": "llama", "hidden_size": 4096, "intermediate_size": 14336, "vocab_size": 128256,
      "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "tie_word_embeddings": false})"},
    {"qwen3-32b", R"({"model_type": "qwen3", "hidden_size": 5120, "intermediate_size": 25600, "vocab_size": 151936,
      "num_hidden_layers": 64, "num_attention_heads": 64, "num_key_value_heads": 8, "head_dim": 128,
      "sliding_window": null, "use_sliding_window": false})"},
    {"qwen3-30b-a3b", R"({"model_type": "qwen3_moe", "hidden_size": 2048, "intermediate_size": 6144, "head_dim": 128,
      "vocab_size": 151936, "num_hidden_layers": 48, "num_attention_heads": 32, "num_key_value_heads": 4,
      "num_experts": 128, "num_experts_per_tok": 8, "moe_intermediate_size": 768, "decoder_sparse_step": 1,
      "mlp_only_layers": []})"},
    {"mixtral-8x7b", R"({"model_type": "mixtral", "hidden_size": 4096, "intermediate_size": 14336, "vocab_size": 32000,
      "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "num_local_experts": 8,
      "num_experts_per_tok": 2, "sliding_window": null})"},
    {"deepseek-v3", R"({"model_type": "deepseek_v3", "hidden_size": 7168, "intermediate_size": 18432,
      "moe_intermediate_size": 2048, "vocab_size": 129280, "num_hidden_layers": 61, "num_attention_heads": 128,
      "num_key_value_heads": 128, "kv_lora_rank": 512, "q_lora_rank": 1536, "qk_rope_head_dim": 64,
      "qk_nope_head_dim": 128, "v_head_dim": 128, "n_routed_experts": 256, "num_experts_per_tok": 8,
      "n_shared_experts": 1, "first_k_dense_replace": 3, "moe_layer_freq": 1, "num_nextn_predict_layers": 1})"},
    {"deepseek-v3.2", R"({"model_type": "deepseek_v32", "hidden_size": 7168, "intermediate_size": 18432,
      "moe_intermediate_size": 2048, "vocab_size": 129280, "num_hidden_layers": 61, "num_attention_heads": 128,
      "kv_lora_rank": 512, "q_lora_rank": 1536, "qk_rope_head_dim": 64, "qk_nope_head_dim": 128, "v_head_dim": 128,
      "n_routed_experts": 256, "num_experts_per_tok": 8, "n_shared_experts": 1, "first_k_dense_replace": 3,
      "index_n_heads": 64, "index_head_dim": 128, "index_topk": 2048})"},
    {"gpt-oss-20b", R"({"model_type": "gpt_oss", "hidden_size": 2880, "intermediate_size": 2880, "head_dim": 64,
      "vocab_size": 201088, "num_hidden_layers": 24, "num_attention_heads": 64, "num_key_value_heads": 8,
      "num_local_experts": 32, "experts_per_token": 4, "sliding_window": 128})"},
    {"qwen3-next-80b-a3b", R"({"model_type": "qwen3_next", "hidden_size": 2048, "intermediate_size": 5120,
      "head_dim": 256, "vocab_size": 151936, "num_hidden_layers": 48, "num_attention_heads": 16,
      "num_key_value_heads": 2, "num_experts": 512, "num_experts_per_tok": 10, "moe_intermediate_size": 512,
      "shared_expert_intermediate_size": 512, "full_attention_interval": 4, "linear_num_key_heads": 16,
      "linear_num_value_heads": 32, "linear_key_head_dim": 128, "linear_value_head_dim": 128,
      "linear_conv_kernel_dim": 4})"},
    {"kimi-linear-48b-a3b", R"({"model_type": "kimi_linear", "hidden_size": 2304, "intermediate_size": 9216,
      "moe_intermediate_size": 1024, "vocab_size": 163840, "num_hidden_layers": 27, "num_attention_heads": 32,
      "kv_lora_rank": 512, "q_lora_rank": null, "qk_rope_head_dim": 64, "qk_nope_head_dim": 128, "v_head_dim": 128,
      "num_experts": 256, "num_experts_per_token": 8, "num_shared_experts": 1, "first_k_dense_replace": 1,
      "linear_attn_config": {"full_attn_layers": [4, 8, 12, 16, 20, 24, 27], "num_heads": 32, "head_dim": 128,
      "short_conv_kernel_size": 4}})"},
    {"opt-13b", R"({"model_type": "opt", "hidden_size": 5120, "ffn_dim": 20480, "vocab_size": 50272,
      "num_hidden_layers": 40, "num_attention_heads": 40})"},
};

LlmSpec imported(const std::string& config) {
  return import_config_text(config, "config.json", "imported");
}

std::string refused(const std::string& config) {
  try {
    (void)imported(config);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("an imported config has the KV, the weights and the operations of the catalogue's entry") {
  for (const Known& known : kKnown) {
    CAPTURE(known.entry);
    const LlmSpec& entry = catalogue().llm(known.entry);
    const LlmSpec spec = imported(known.config);
    for (const Dtype kv : {Dtype::bf16, Dtype::fp8}) {
      ReplicaLayout layout;
      layout.kv = kv;
      CHECK(kv_footprint(spec, layout).growing == Approx(kv_footprint(entry, layout).growing));
      CHECK(kv_footprint(spec, layout).constant() == kv_footprint(entry, layout).constant());
    }
    CHECK(parameter_count(spec).total == Approx(parameter_count(entry).total));
    CHECK(parameter_count(spec).active == Approx(parameter_count(entry).active));
    CHECK(linear_flops_per_token(spec).value() == Approx(linear_flops_per_token(entry).value()));
    CHECK(attention_flops(spec, Tokens{100}, Tokens{5000}).value() ==
          Approx(attention_flops(entry, Tokens{100}, Tokens{5000}).value()));
  }
}

TEST_CASE("layers that compress by different ratios are told apart") {
  const LlmSpec spec = imported(R"({"model_type": "deepseek_v4", "hidden_size": 4096, "vocab_size": 129280,
      "num_hidden_layers": 4, "num_attention_heads": 64, "head_dim": 512, "qk_rope_head_dim": 64, "q_lora_rank": 1024,
      "o_lora_rank": 1024, "o_groups": 8, "sliding_window": 128, "compress_ratios": [0, 4, 128, 4, 0],
      "index_n_heads": 64, "index_head_dim": 128, "index_topk": 512, "n_routed_experts": 256,
      "num_experts_per_tok": 6, "moe_intermediate_size": 2048, "n_shared_experts": 1})");
  REQUIRE(spec.layers.size() == 3);
  CHECK(spec.layers[1].count == 2);
  CHECK(std::get<CompressedAttention>(spec.layers[1].attention).index->top_k == 512);
  CHECK_FALSE(std::get<CompressedAttention>(spec.layers[0].attention).ratio);
}

TEST_CASE("the language part of a model that also sees is what is imported") {
  const LlmSpec spec = imported(R"({"model_type": "gemma3", "text_config": {"model_type": "gemma3_text",
      "hidden_size": 3840, "intermediate_size": 15360, "vocab_size": 262208, "num_hidden_layers": 48,
      "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 256, "sliding_window": 1024,
      "sliding_window_pattern": 6}})");
  CHECK(spec.layer_count() == 48);
  CHECK(spec.tied_embeddings);
  for (const LayerGroup& group : spec.layers) {
    const auto& a = std::get<GroupedAttention>(group.attention);
    CHECK(group.count == (a.window ? 40 : 8));
  }
}

TEST_CASE("a config that cannot be understood is refused with the field that is wrong") {
  using Catch::Contains;
  CHECK_THAT(refused("{"), Contains("config.json: "));
  CHECK_THAT(refused("[]"), Contains("is not an object"));
  CHECK_THAT(refused(R"({"model_type": "rwkv"})"), Contains("got model_type \"rwkv\"") && Contains("qwen3_moe"));
  CHECK_THAT(refused(R"({"hidden_size": 1})"), Contains("got model_type \"\""));
  CHECK_THAT(refused(R"({"model_type": "llama", "num_hidden_layers": 2})"), Contains("`hidden_size` is missing"));
  CHECK_THAT(refused(R"({"model_type": "llama", "num_hidden_layers": "two"})"), Contains("not a whole number"));
  CHECK_THAT(refused(R"({"model_type": "llama", "num_hidden_layers": 0})"), Contains("expected at least 1"));
  CHECK_THAT(refused(R"({"model_type": "gpt_oss", "hidden_size": 64, "vocab_size": 10, "num_hidden_layers": 2,
      "num_attention_heads": 2, "sliding_window": 8, "intermediate_size": 9, "layer_types": ["full_attention", "ring"]})"),
             Contains("\"ring\", which is not known"));
}

}  // namespace cleave

#include "models/arch/hf_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "models/units/error.h"

namespace cleave {
namespace {

using Json = nlohmann::json;
using Count = std::int64_t;

/// The fields of a config.json, with errors that name file and field.
class Config {
 public:
  Config(const Json& json, std::string file) : json_(json), file_(std::move(file)) {}

  [[noreturn]] void fail(std::string_view reason) const { throw ConfigError(fmt::format("{}: {}", file_, reason)); }

  [[nodiscard]] std::optional<Count> maybe(const char* key) const {
    const auto found = json_.find(key);
    if (found == json_.end() || found->is_null()) return std::nullopt;
    if (!found->is_number_integer()) fail(fmt::format("`{}` is not a whole number", key));
    return found->get<Count>();
  }
  [[nodiscard]] Count need(const char* key) const {
    const auto value = maybe(key);
    if (!value) fail(fmt::format("`{}` is missing", key));
    if (*value < 1) fail(fmt::format("`{}` is {}, expected at least 1", key, *value));
    return *value;
  }
  /// The first of several names of a field.
  [[nodiscard]] Count need(std::initializer_list<const char*> keys) const {
    for (const char* key : keys) {
      if (maybe(key)) return need(key);
    }
    return need(*keys.begin());
  }
  [[nodiscard]] Count either(const char* key, Count otherwise) const { return maybe(key).value_or(otherwise); }
  [[nodiscard]] bool flag(const char* key, bool otherwise) const {
    const auto found = json_.find(key);
    return found == json_.end() || !found->is_boolean() ? otherwise : found->get<bool>();
  }
  [[nodiscard]] std::string text(const char* key) const {
    const auto found = json_.find(key);
    return found == json_.end() || !found->is_string() ? std::string() : found->get<std::string>();
  }
  template <class T>
  [[nodiscard]] std::vector<T> list(const char* key) const {
    const auto found = json_.find(key);
    if (found == json_.end() || found->is_null()) return {};
    try {
      return found->get<std::vector<T>>();
    } catch (const Json::exception&) {
      fail(fmt::format("`{}` is not the list that was expected", key));
    }
  }
  [[nodiscard]] Config inner(const char* key) const {
    const auto found = json_.find(key);
    if (found == json_.end() || !found->is_object()) fail(fmt::format("`{}` is missing", key));
    return {*found, file_};
  }
  [[nodiscard]] bool has(const char* key) const { return json_.contains(key); }

 private:
  const Json& json_;
  std::string file_;
};

// --- Attention ---------------------------------------------------------------------------------------------------

GroupedAttention grouped(const Config& c) {
  GroupedAttention a;
  a.heads = c.need("num_attention_heads");
  a.kv_heads = c.either("num_key_value_heads", a.heads);
  a.head_dim = c.either("head_dim", c.need("hidden_size") / a.heads);
  a.qk_norm = c.flag("use_qk_norm", c.text("model_type").starts_with("qwen3"));
  return a;
}

LatentAttention latent(const Config& c) {
  LatentAttention a;
  a.heads = c.need("num_attention_heads");
  a.kv_rank = c.need("kv_lora_rank");
  a.rope_dim = c.need("qk_rope_head_dim");
  a.nope_dim = c.need("qk_nope_head_dim");
  a.value_dim = c.need("v_head_dim");
  a.q_rank = c.maybe("q_lora_rank");
  if (c.maybe("index_topk")) {
    a.index = SparseIndex{c.need("index_n_heads"), c.need("index_head_dim"), c.need("index_topk")};
    a.fp8_entry_bytes =
        a.kv_rank + a.kv_rank / 128 * 4 + 2 * a.rope_dim;  // a scale for 128 values; rotated part in bf16
  }
  return a;
}

LinearAttention delta_net(const Config& c) {
  return {c.need("linear_num_key_heads"),  c.need("linear_num_value_heads"),      c.need("linear_key_head_dim"),
          c.need("linear_value_head_dim"), c.either("linear_conv_kernel_dim", 4), std::nullopt};
}

LinearAttention kimi_delta(const Config& c) {
  const Count heads = c.need("num_heads");
  const Count width = c.need("head_dim");
  return {heads, heads, width, width, c.either("short_conv_kernel_size", 4), width};
}

CompressedAttention compressed(const Config& c, Count ratio) {
  CompressedAttention a;
  a.heads = c.need("num_attention_heads");
  a.head_dim = c.need("head_dim");
  a.rope_dim = c.need("qk_rope_head_dim");
  a.q_rank = c.need("q_lora_rank");
  a.output_rank = c.need("o_lora_rank");
  a.output_groups = c.need("o_groups");
  a.window = c.need("sliding_window");
  if (ratio > 0) a.ratio = ratio;
  // Finely compressed layers choose among their entries, coarse ones read all. Source: DeepSeek-V4's layout.
  if (ratio == 4) a.index = SparseIndex{c.need("index_n_heads"), c.need("index_head_dim"), c.need("index_topk")};
  return a;
}

// --- MLP ---------------------------------------------------------------------------------------------------------

DenseMlp dense(const Config& c) {
  return {c.need({"intermediate_size", "ffn_dim"}), c.text("model_type") != "opt"};
}

MoeMlp experts(const Config& c) {
  MoeMlp mlp;
  mlp.experts = c.need({"n_routed_experts", "num_experts", "num_local_experts"});
  mlp.top_k = c.need({"num_experts_per_tok", "num_experts_per_token", "experts_per_token"});
  mlp.inner = c.need({"moe_intermediate_size", "intermediate_size"});
  const Count shared = c.either("n_shared_experts", c.either("num_shared_experts", 0));
  mlp.shared_inner =
      c.either("shared_expert_intermediate_size", c.either("shared_intermediate_size", shared * mlp.inner));
  return mlp;
}

bool is_sparse(const Config& c) {
  return c.maybe("n_routed_experts") || c.maybe("num_experts") || c.maybe("num_local_experts");
}

/// Whether layer `i` has experts.
bool has_experts(const Config& c, Count i) {
  if (!is_sparse(c) || i < c.either("first_k_dense_replace", 0)) return false;
  const auto only_dense = c.list<Count>("mlp_only_layers");
  if (std::find(only_dense.begin(), only_dense.end(), i) != only_dense.end()) return false;
  const Count every = c.either("decoder_sparse_step", c.either("moe_layer_freq", 1));
  return every <= 1 || (i + 1) % every == 0;
}

// --- Layers ------------------------------------------------------------------------------------------------------

/// Kinds of attention by layer: which one layer `i` has, as a short label, and what that is.
struct LayerPlan {
  std::vector<std::string> labels;  // one a layer
  std::vector<std::pair<std::string, Attention>> kinds;

  void repeat(std::string label, Count layers, Attention attention) {
    labels.assign(static_cast<std::size_t>(layers), label);
    kinds.emplace_back(std::move(label), std::move(attention));
  }
};

/// layer_types where the file has them, else one in `period` is full, the last of each.
std::vector<std::string> layer_types(const Config& c, Count layers, const char* period, Count otherwise,
                                     const char* other) {
  std::vector<std::string> types = c.list<std::string>("layer_types");
  if (!types.empty()) {
    if (std::cmp_not_equal(types.size(), layers)) c.fail("`layer_types` has not one entry a layer");
    return types;
  }
  const Count every = c.either(period, otherwise);
  for (Count i = 0; i < layers; ++i) types.emplace_back((i + 1) % every == 0 ? "full_attention" : other);
  return types;
}

LayerPlan plain_plan(const Config& c, Count layers) {
  LayerPlan plan;
  GroupedAttention a = grouped(c);
  if (c.flag("use_sliding_window", c.text("model_type") == "mistral")) a.window = c.maybe("sliding_window");
  plan.repeat("full_attention", layers, a);
  return plan;
}

LayerPlan windowed_plan(const Config& c, Count layers) {
  LayerPlan plan;
  const GroupedAttention full = grouped(c);
  GroupedAttention window = full;
  window.window = c.need("sliding_window");
  plan.labels = layer_types(c, layers, "sliding_window_pattern", 2, "sliding_attention");
  plan.kinds = {{"full_attention", full}, {"sliding_attention", window}};
  return plan;
}

LayerPlan latent_plan(const Config& c, Count layers) {
  LayerPlan plan;
  plan.repeat("full_attention", layers, latent(c));
  return plan;
}

LayerPlan hybrid_plan(const Config& c, Count layers) {
  LayerPlan plan;
  GroupedAttention full = grouped(c);
  full.output_gate = c.flag("attn_output_gate", true);
  plan.labels = layer_types(c, layers, "full_attention_interval", 4, "linear_attention");
  plan.kinds = {{"full_attention", full}, {"linear_attention", delta_net(c)}};
  return plan;
}

LayerPlan kimi_plan(const Config& c, Count layers) {
  const Config linear = c.inner("linear_attn_config");
  LayerPlan plan;
  plan.labels.assign(static_cast<std::size_t>(layers), "linear_attention");
  for (const Count layer : linear.list<Count>("full_attn_layers")) {  // counted from 1
    if (layer < 1 || layer > layers) c.fail("`full_attn_layers` names a layer that is not there");
    plan.labels[static_cast<std::size_t>(layer - 1)] = "full_attention";
  }
  plan.kinds = {{"full_attention", latent(c)}, {"linear_attention", kimi_delta(linear)}};
  return plan;
}

LayerPlan compressed_plan(const Config& c, Count layers) {
  const auto ratios = c.list<Count>("compress_ratios");
  if (std::cmp_less(ratios.size(), layers)) c.fail("`compress_ratios` has fewer entries than layers");
  LayerPlan plan;
  for (Count i = 0; i < layers; ++i) {
    const Count ratio = ratios[static_cast<std::size_t>(i)];
    plan.labels.push_back(std::to_string(ratio));
    const auto known = [&](const auto& kind) { return kind.first == plan.labels.back(); };
    if (std::none_of(plan.kinds.begin(), plan.kinds.end(), known)) {
      plan.kinds.emplace_back(plan.labels.back(), compressed(c, ratio));
    }
  }
  return plan;
}

// --- Model types -------------------------------------------------------------------------------------------------

struct ModelType {
  std::string_view name;
  LayerPlan (*plan)(const Config&, Count layers);
  bool tied = false;  // embeddings, where the file does not say
};
constexpr std::array kTypes{
    ModelType{"deepseek_v2", latent_plan},
    ModelType{"deepseek_v3", latent_plan},
    ModelType{"deepseek_v32", latent_plan},
    ModelType{"deepseek_v4", compressed_plan},
    ModelType{"gemma2", windowed_plan, true},
    ModelType{"gemma3", windowed_plan, true},
    ModelType{"gemma3_text", windowed_plan, true},
    ModelType{"glm4_moe", plain_plan},
    ModelType{"glm_moe_dsa", latent_plan},
    ModelType{"gpt_oss", windowed_plan},
    ModelType{"kimi_k2", latent_plan},
    ModelType{"kimi_linear", kimi_plan},
    ModelType{"llama", plain_plan},
    ModelType{"minimax_m2", plain_plan},
    ModelType{"mistral", plain_plan},
    ModelType{"mixtral", plain_plan},
    ModelType{"opt", plain_plan, true},
    ModelType{"qwen2", plain_plan},
    ModelType{"qwen2_moe", plain_plan},
    ModelType{"qwen3", plain_plan},
    ModelType{"qwen3_5_moe", hybrid_plan},
    ModelType{"qwen3_moe", plain_plan},
    ModelType{"qwen3_next", hybrid_plan},
};

constexpr auto kTypeNames = [] {
  std::array<std::string_view, kTypes.size()> names{};
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kTypes[i].name;
  return names;
}();

const ModelType& type_of(const Config& c) {
  const std::string name = c.text("model_type");
  for (const ModelType& type : kTypes) {
    if (type.name == name) return type;
  }
  c.fail(fmt::format("got model_type \"{}\", expected one of: {}", name, fmt::join(kTypeNames, ", ")));
}

void add_layer(LlmSpec& spec, std::vector<std::string>& labels, std::string label, const LayerGroup& layer) {
  const auto found = std::find(labels.begin(), labels.end(), label);
  if (found == labels.end()) {
    labels.push_back(std::move(label));
    spec.layers.push_back(layer);
  } else {
    ++spec.layers[static_cast<std::size_t>(found - labels.begin())].count;
  }
}

/// Equal layers together, in the order in which each kind first appears.
void add_layers(LlmSpec& spec, const Config& c, const LayerPlan& plan) {
  std::vector<std::string> seen;
  for (std::size_t i = 0; i < plan.labels.size(); ++i) {
    const auto kind = std::find_if(plan.kinds.begin(), plan.kinds.end(),
                                   [&](const auto& candidate) { return candidate.first == plan.labels[i]; });
    if (kind == plan.kinds.end()) c.fail(fmt::format("layer {} is a \"{}\", which is not known", i, plan.labels[i]));
    const bool sparse = has_experts(c, static_cast<Count>(i));
    const Mlp mlp = sparse ? Mlp{experts(c)} : Mlp{dense(c)};
    add_layer(spec, seen, plan.labels[i] + (sparse ? "/experts" : "/dense"), {1, kind->second, mlp});
  }
}

}  // namespace

std::span<const std::string_view> known_model_types() {
  return kTypeNames;
}

LlmSpec import_config_text(std::string_view text, const std::string& file, const std::string& name) {
  Json json;
  try {
    json = Json::parse(text);
  } catch (const Json::exception& error) {
    throw ConfigError(fmt::format("{}: {}", file, error.what()));
  }
  if (!json.is_object()) throw ConfigError(fmt::format("{}: is not an object", file));
  // Models that also see or hear keep their language part in an object of its own.
  const bool nested = json.contains("text_config") && json.at("text_config").is_object();
  Json fields = nested ? json.at("text_config") : json;
  if (nested && !fields.contains("model_type")) fields["model_type"] = json.value("model_type", "");
  const Config config(fields, file);
  const ModelType& type = type_of(config);
  const Count layers = config.need("num_hidden_layers");

  LlmSpec spec;
  spec.name = name;
  spec.description = fmt::format("{}, {} layers, imported", type.name, layers);
  spec.source = fmt::format("config.json ({})", config.text("model_type"));
  spec.confidence = Confidence::published;
  spec.hidden = config.need("hidden_size");
  spec.vocab = config.need("vocab_size");
  spec.tied_embeddings = config.flag("tie_word_embeddings", type.tied);
  add_layers(spec, config, type.plan(config, layers));
  return spec;
}

LlmSpec import_config(const std::filesystem::path& file, const std::string& name) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw ConfigError(fmt::format("{}: cannot be opened", file.string()));
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  return import_config_text(text, file.string(), name);
}

}  // namespace cleave

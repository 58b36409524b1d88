#include "models/arch/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "models/arch/kv_footprint.h"
#include "models/arch/layer_work.h"
#include "models/units/real.h"

namespace cleave {
namespace {

double dense_weights(const LayerWork& work) {
  double weights = 0;
  for (const MatMul& matmul : work.dense) weights += matmul.weights();
  return weights;
}

double weights_of_one_expert(const ExpertWork& experts) {
  double weights = 0;
  for (const MatMul& matmul : experts.each) weights += matmul.weights();
  return weights;
}

double norm_weights(const LlmSpec& model) {
  return 2 * real(model.hidden);
}

double layer_bytes(const LlmSpec& model, const LayerGroup& group, const ReplicaLayout& layout) {
  const LayerWork work = layer_work(model, group, layout);
  double bytes = norm_weights(model) * bytes_per_element(Dtype::bf16);
  for (const MatMul& matmul : work.dense) {
    bytes += matmul.weights() * bytes_per_element(matmul.quantized ? layout.weights : Dtype::bf16);
  }
  if (work.experts) {
    bytes += real(work.experts->held) * weights_of_one_expert(*work.experts) * bytes_per_element(layout.weights);
  }
  return bytes;
}

bool divides(std::int64_t count, std::uint32_t parts) {
  return count % parts == 0;
}

std::optional<std::string> split_problem(const GroupedAttention& a, const ReplicaLayout& layout) {
  const std::uint32_t ranks = layout.attention_ranks();
  if (!divides(a.heads, ranks)) return fmt::format("{} attention heads do not divide over tp = {}", a.heads, ranks);
  if (divides(a.kv_heads, ranks) || ranks % a.kv_heads == 0) return std::nullopt;
  return fmt::format("{} KV heads neither divide over tp = {} nor repeat evenly", a.kv_heads, ranks);
}
std::optional<std::string> split_problem(const LatentAttention& a, const ReplicaLayout& layout) {
  if (is_kv_codec(layout.kv)) return fmt::format("latent entries cannot be stored as {}", name_of_dtype(layout.kv));
  if (divides(a.heads, layout.attention_ranks())) return std::nullopt;
  return fmt::format("{} attention heads do not divide over tp = {}", a.heads, layout.attention_ranks());
}
std::optional<std::string> split_problem(const LinearAttention& a, const ReplicaLayout& layout) {
  const std::uint32_t ranks = layout.attention_ranks();
  if (divides(a.key_heads, ranks) && divides(a.value_heads, ranks)) return std::nullopt;
  return fmt::format("{} key heads and {} value heads do not divide over tp = {}", a.key_heads, a.value_heads, ranks);
}
std::optional<std::string> split_problem(const CompressedAttention& a, const ReplicaLayout& layout) {
  const std::uint32_t ranks = layout.attention_ranks();
  if (is_kv_codec(layout.kv)) return fmt::format("compressed entries cannot be stored as {}", name_of_dtype(layout.kv));
  if (divides(a.heads, ranks) && divides(a.output_groups, ranks)) return std::nullopt;
  return fmt::format("{} attention heads in {} output groups do not divide over tp = {}", a.heads, a.output_groups,
                     ranks);
}
std::optional<std::string> split_problem(const DenseMlp& mlp, const ReplicaLayout& layout) {
  if (divides(mlp.inner, layout.tp)) return std::nullopt;
  return fmt::format("an MLP of width {} does not divide over tp = {}", mlp.inner, layout.tp);
}
std::optional<std::string> split_problem(const MoeMlp& mlp, const ReplicaLayout& layout) {
  if (!divides(mlp.experts, layout.ep)) {
    return fmt::format("{} experts do not divide over ep = {}", mlp.experts, layout.ep);
  }
  if (divides(mlp.inner, layout.expert_slices()) && divides(mlp.shared_inner, layout.tp)) return std::nullopt;
  return fmt::format("experts of width {} (shared: {}) do not divide over tp = {}", mlp.inner, mlp.shared_inner,
                     layout.tp);
}

/// Whether the numbers of ranks go together, whatever the model.
std::optional<std::string> rank_problem(const ReplicaLayout& layout) {
  if (layout.tp % layout.ep != 0) return fmt::format("ep = {} does not divide tp = {}", layout.ep, layout.tp);
  if (layout.tp % layout.dp_attention != 0) {
    return fmt::format("dp_attention = {} does not divide tp = {}", layout.dp_attention, layout.tp);
  }
  if (layout.expert_imbalance < 1) return std::string("expert_imbalance is below 1, the even load");
  return std::nullopt;
}

}  // namespace

ParameterCount parameter_count(const LlmSpec& model) {
  const ReplicaLayout whole;
  const double table = real(model.vocab) * real(model.hidden);
  ParameterCount count{table * (model.tied_embeddings ? 1 : 2) + real(model.hidden), table + real(model.hidden)};
  for (const LayerGroup& group : model.layers) {
    const LayerWork work = layer_work(model, group, whole);
    const double dense = dense_weights(work) + norm_weights(model);
    const double expert = work.experts ? weights_of_one_expert(*work.experts) : 0;
    count.total += real(group.count) * (dense + (work.experts ? real(work.experts->experts) * expert : 0));
    count.active += real(group.count) * (dense + (work.experts ? real(work.experts->top_k) * expert : 0));
  }
  return count;
}

Bytes weight_bytes(const LlmSpec& model, const ReplicaLayout& layout) {
  double layers = 0;
  for (const LayerGroup& group : model.layers) layers += real(group.count) * layer_bytes(model, group, layout);
  const double table = head_matmul(model, layout).weights() * bytes_per_element(Dtype::bf16);
  const double tables = model.tied_embeddings || layout.pp > 1 ? table : 2 * table;
  return Bytes{static_cast<std::int64_t>(std::ceil(layers * stage_share(model, layout) + tables))};
}

Flops linear_flops_per_token(const LlmSpec& model) {
  double flops = 0;
  for (const LayerGroup& group : model.layers) {
    const LayerWork work = layer_work(model, group, ReplicaLayout{});
    const double experts = work.experts ? real(work.experts->top_k) * weights_of_one_expert(*work.experts) : 0;
    flops += real(group.count) * (2 * (dense_weights(work) + experts) + work.recurrent_flops);
  }
  return Flops{flops};
}

Flops head_flops(const LlmSpec& model) {
  return Flops{2 * head_matmul(model, ReplicaLayout{}).weights()};
}

Flops attention_flops(const LlmSpec& model, Tokens tokens, Tokens context) {
  double flops = 0;
  for (const LayerGroup& group : model.layers) {
    const LayerWork work = layer_work(model, group, ReplicaLayout{});
    for (const AttentionTerm& term : work.attention) {
      const double pairs = visible_pairs(real(tokens.value()), real(context.value()), term.cap);
      flops += real(group.count) * (term.prefill_flops * pairs + term.expand_flops * real(context.value()));
    }
  }
  return Flops{flops};
}

double visible_pairs(double tokens, double context, std::optional<double> cap) {
  const auto uncapped = [&](double n) { return n * context + n * (n + 1) / 2; };
  if (!cap) return uncapped(tokens);
  const double growing = std::clamp(*cap - context, 0.0, tokens);  // tokens that still see all before them
  return uncapped(growing) + (tokens - growing) * *cap;
}

bool has_experts(const LlmSpec& model) {
  return std::any_of(model.layers.begin(), model.layers.end(),
                     [](const LayerGroup& group) { return std::holds_alternative<MoeMlp>(group.mlp); });
}

std::optional<std::string> layout_problem(const LlmSpec& model, const ReplicaLayout& layout) {
  if (auto text = rank_problem(layout)) return text;
  if (layout.pp > model.layer_count()) {
    return fmt::format("{} layers do not fill pp = {} stages", model.layer_count(), layout.pp);
  }
  for (const LayerGroup& group : model.layers) {
    const auto problem = [&](const auto& part) { return split_problem(part, layout); };
    if (auto text = std::visit(problem, group.attention)) return text;
    if (auto text = std::visit(problem, group.mlp)) return text;
  }
  return std::nullopt;
}

}  // namespace cleave

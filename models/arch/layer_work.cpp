#include "models/arch/layer_work.h"

#include "models/arch/kv_footprint.h"
#include "models/units/real.h"

namespace cleave {
namespace {

// --- Attention ---------------------------------------------------------------------------------------------------

void add_attention(LayerWork& work, std::int64_t hidden, const GroupedAttention& a, const ReplicaLayout& layout) {
  const std::int64_t heads = share_of(a.heads, layout.attention_ranks());
  const std::int64_t kv_heads = share_of(a.kv_heads, layout.attention_ranks());
  const std::int64_t query_parts = a.output_gate ? 2 : 1;
  work.dense.push_back({"qkv", hidden, (heads * query_parts + 2 * kv_heads) * a.head_dim});
  work.dense.push_back({"o", heads * a.head_dim, hidden});
  AttentionTerm term;
  term.prefill_flops = term.decode_flops = 4 * real(heads * a.head_dim);
  term.bytes = entry_bytes(a, layout);
  if (a.window) term.cap = real(*a.window);
  work.attention.push_back(term);
  work.activation_bytes += real((2 * heads + 3 * kv_heads) * a.head_dim) * kActivation;
  if (a.qk_norm) work.qk_norm_bytes = real(2 * (heads + kv_heads) * a.head_dim) * kActivation;
  work.activation_bytes += work.qk_norm_bytes;
}

void add_attention(LayerWork& work, std::int64_t hidden, const LatentAttention& a, const ReplicaLayout& layout) {
  const std::int64_t heads = share_of(a.heads, layout.attention_ranks());
  const std::int64_t query = heads * (a.nope_dim + a.rope_dim);
  const std::int64_t entry = a.kv_rank + a.rope_dim;
  work.dense.push_back({"qkv_a", hidden, a.q_rank.value_or(query) + entry});
  if (a.q_rank) work.dense.push_back({"q_b", *a.q_rank, query});
  work.dense.push_back({"kv_b", a.kv_rank, heads * (a.nope_dim + a.value_dim)});
  work.dense.push_back({"o", heads * a.value_dim, hidden});

  // Prompts attend with keys and values expanded from the entries; a single token attends to the entries themselves.
  AttentionTerm term;
  term.prefill_flops = 2 * real(heads * (a.nope_dim + a.rope_dim + a.value_dim));
  term.decode_flops = 2 * real(heads * (2 * a.kv_rank + a.rope_dim));
  term.bytes = entry_bytes(a, layout);
  term.expand_flops = 2 * real(a.kv_rank * heads * (a.nope_dim + a.value_dim));
  if (a.index) {
    work.dense.push_back({"index", a.q_rank.value_or(hidden), a.index->heads * a.index->head_dim});
    work.dense.push_back({"index_k", hidden, a.index->head_dim + a.index->heads});
    AttentionTerm scan;
    scan.name = "index scan";
    scan.prefill_flops = scan.decode_flops = 2 * real(a.index->heads * a.index->head_dim);
    scan.bytes = index_bytes(a);
    work.attention.push_back(scan);
    term.prefill_flops = term.decode_flops;  // chosen entries differ from token to token: never expanded
    term.expand_flops = 0;
    term.cap = real(a.index->top_k);
  }
  work.attention.push_back(term);
  work.activation_bytes += real(2 * query + 3 * entry) * kActivation;
}

void add_attention(LayerWork& work, std::int64_t hidden, const LinearAttention& a, const ReplicaLayout& layout) {
  const std::int64_t value_heads = share_of(a.value_heads, layout.attention_ranks());
  const std::int64_t values = value_heads * a.value_dim;
  const std::int64_t keys = share_of(a.key_heads, layout.attention_ranks()) * a.key_dim;
  const std::int64_t gate = a.gate_rank ? 0 : values;
  work.dense.push_back({"qkv_gates", hidden, 2 * keys + values + gate + 2 * value_heads});
  if (a.gate_rank) {
    work.dense.push_back({"gates_a", hidden, 2 * *a.gate_rank});
    work.dense.push_back({"gates_b", *a.gate_rank, 2 * values});
  }
  work.dense.push_back({"o", values, hidden});
  // Decay, removal of the old value, addition of the new one and the query: four passes over the state.
  work.recurrent_flops += 8 * real(value_heads * a.key_dim * a.value_dim);
  work.state_bytes += state_bytes(a, layout);
  work.activation_bytes += real(2 * (2 * keys + values) + 3 * values) * kActivation;
}

void add_compressed_scan(LayerWork& work, std::int64_t hidden, const CompressedAttention& a, double pair_flops,
                         const ReplicaLayout& layout) {
  const double ratio = real(*a.ratio);
  const std::int64_t overlap = a.index ? 2 : 1;
  work.dense.push_back({"compress", hidden, 2 * overlap * a.head_dim});
  AttentionTerm entries;
  entries.name = "compressed attention";
  entries.prefill_flops = entries.decode_flops = pair_flops / ratio;
  entries.bytes = entry_bytes(a, layout) / ratio;
  if (a.index) {
    work.dense.push_back({"index", a.q_rank, a.index->heads * a.index->head_dim});
    work.dense.push_back({"index_k", hidden, 2 * overlap * a.index->head_dim + a.index->heads});
    AttentionTerm scan;
    scan.name = "index scan";
    scan.prefill_flops = scan.decode_flops = 2 * real(a.index->heads * a.index->head_dim) / ratio;
    scan.bytes = index_bytes(a) / ratio;
    work.attention.push_back(scan);
    entries.cap = real(a.index->top_k) * ratio;
  }
  work.attention.push_back(entries);
}

void add_attention(LayerWork& work, std::int64_t hidden, const CompressedAttention& a, const ReplicaLayout& layout) {
  const std::int64_t heads = share_of(a.heads, layout.attention_ranks());
  const std::int64_t groups = share_of(a.output_groups, layout.attention_ranks());
  work.dense.push_back({"qkv_a", hidden, a.q_rank + a.head_dim});
  work.dense.push_back({"q_b", a.q_rank, heads * a.head_dim});
  work.dense.push_back({"o_a", a.heads * a.head_dim / a.output_groups, groups * a.output_rank});
  work.dense.push_back({"o_b", groups * a.output_rank, hidden});

  AttentionTerm window;
  window.name = "window attention";
  window.prefill_flops = window.decode_flops = 4 * real(heads * a.head_dim);
  window.bytes = entry_bytes(a, layout);
  window.cap = real(a.window);
  work.attention.push_back(window);
  if (a.ratio) add_compressed_scan(work, hidden, a, window.decode_flops, layout);
  work.state_bytes += state_bytes(a);
  work.activation_bytes += real(2 * heads * a.head_dim + 3 * a.head_dim) * kActivation;
}

// --- MLP ---------------------------------------------------------------------------------------------------------

void add_mlp(LayerWork& work, std::int64_t hidden, const DenseMlp& mlp, const ReplicaLayout& layout) {
  const std::int64_t inner = share_of(mlp.inner, layout.tp);
  work.dense.push_back({mlp.gated ? "gate_up" : "up", hidden, (mlp.gated ? 2 : 1) * inner});
  work.dense.push_back({"down", inner, hidden});
  work.dense_activation_bytes = real((mlp.gated ? 3 : 2) * inner) * kActivation;
  work.activation_bytes += work.dense_activation_bytes;
}

void add_mlp(LayerWork& work, std::int64_t hidden, const MoeMlp& mlp, const ReplicaLayout& layout) {
  const std::int64_t inner = share_of(mlp.inner, layout.expert_slices());
  const std::int64_t width = mlp.latent.value_or(hidden);
  work.dense.push_back({"router", hidden, mlp.experts, false});
  if (mlp.latent) {
    work.dense.push_back({"to_latent", hidden, width});
    work.dense.push_back({"from_latent", width, hidden});
  }
  if (mlp.shared_inner > 0) add_mlp(work, hidden, DenseMlp{mlp.shared_inner, true}, layout);
  work.experts = ExpertWork{mlp.experts,
                            share_of(mlp.experts, layout.ep),
                            mlp.top_k,
                            {{"gate_up", width, 2 * inner}, {"down", inner, width}}};
  // Of a token's choices, those on this rank: all of them where experts are sliced, one in `ep` where they are spread.
  work.expert_activation_bytes = real(mlp.top_k) / layout.ep * real(3 * inner + 2 * width) * kActivation;
  work.activation_bytes += work.expert_activation_bytes;
}

}  // namespace

LayerWork layer_work(const LlmSpec& model, const LayerGroup& group, const ReplicaLayout& layout) {
  LayerWork work;
  work.norm_bytes = 4 * real(model.hidden) * kActivation;
  work.activation_bytes = 2 * work.norm_bytes;
  std::visit([&](const auto& attention) { add_attention(work, model.hidden, attention, layout); }, group.attention);
  work.attention_matrices = work.dense.size();
  work.attention_activation_bytes = work.activation_bytes - work.norm_bytes;
  std::visit([&](const auto& mlp) { add_mlp(work, model.hidden, mlp, layout); }, group.mlp);
  return work;
}

MatMul head_matmul(const LlmSpec& model, const ReplicaLayout& layout) {
  return {"lm_head", model.hidden, share_of(model.vocab, layout.tp), false};
}

}  // namespace cleave

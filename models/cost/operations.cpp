#include "models/cost/operations.h"

#include <algorithm>
#include <cmath>

#include "models/arch/kv_footprint.h"
#include "models/arch/layer_work.h"
#include "models/arch/parameters.h"
#include "models/units/real.h"

namespace cleave {
namespace {

// Linear attention's kernels are far from their bytes. A token of a prompt takes as long as so many bytes for each
// value channel would, and a state's way in and out so many times its bytes. Source: gated DeltaNet on H20 (InferSim),
// 16 key and 32 value heads of 128: 592 us for 4096 tokens, 1.87 us a sequence.
constexpr double kRecurrenceBytes = 113;
// A decoded token passes two kernels; the many of a prompt are hidden behind what the host needs to launch them.
constexpr double kRecurrenceKernels = 2;
constexpr double kStateSlowness = 1.43;

/// Bytes of an operand of a product in this format. Weights in 4 bits without native arithmetic meet bf16 operands.
double operand_bytes(Dtype weights) {
  return weights == Dtype::bf16 ? kActivation : weights == Dtype::fp8 ? 1 : bytes_per_element(weights);
}

Operation projection(double count, const MatMul& matmul, const ReplicaLayout& layout, double rows) {
  const Dtype dtype = matmul.quantized ? layout.weights : Dtype::bf16;
  return {OperationKind::projection, matmul.name, count, dtype,
          GemmWork{rows, real(matmul.outputs), real(matmul.inputs), operand_bytes(dtype), bytes_per_element(dtype),
                   kActivation}};
}

Operation elementwise(std::string_view name, double count, double bytes, double kernels, bool handed = true) {
  return {OperationKind::elementwise, name, count, Dtype::bf16, PlainWork{0, bytes, kernels, false, handed}};
}

Operation collective_of(std::string_view name, double count, CollectiveKind kind, double ranks, double bytes) {
  return {OperationKind::collective, name, count, Dtype::bf16, CollectiveWork{kind, ranks, bytes}};
}

AttentionHeads heads_of(const GroupedAttention& a, const ReplicaLayout& layout) {
  return {real(share_of(a.heads, layout.attention_ranks())),
          real(share_of(a.kv_heads, layout.attention_ranks())),
          real(a.head_dim),
          bytes_per_element(layout.kv),
          kActivation,
          real(a.window.value_or(0))};
}

/// A latent prompt attends with keys and values expanded to heads of their own; a query and key are wider than a value.
AttentionHeads expanded_heads(const LatentAttention& a, const ReplicaLayout& layout) {
  const double heads = real(share_of(a.heads, layout.attention_ranks()));
  return {heads, heads, real(a.nope_dim + a.rope_dim + a.value_dim) / 2, kActivation, kActivation, 0};
}

double visible_of_decodes(const AttentionTerm& term, double decodes, double context) {
  return term.cap ? std::min(context, decodes * *term.cap) : context;
}

Operation decode_scan(double count, const AttentionTerm& term, Dtype kv, double visible, double width) {
  return {OperationKind::decode_attention, term.name, count, kv,
          PlainWork{term.decode_flops * visible * width, term.bytes * visible, 1, true}};
}

Operation prefill_scan(double count, const AttentionTerm& term, Dtype kv, const PromptSum& p) {
  const double seen = p.tokens + (term.cap ? std::min(p.prefix, *term.cap) : p.prefix);
  const double pairs = visible_pairs(p.tokens, p.prefix, term.cap);
  return {OperationKind::prefill_attention, term.name, count, kv,
          PlainWork{p.chunks * (term.prefill_flops * pairs + term.expand_flops * p.prefix),
                    p.chunks * term.bytes * seen, 1, true}};
}

/// Keys and values of earlier tokens, from their entries.
Operation expansion(double count, const LatentAttention& a, const ReplicaLayout& layout, double tokens) {
  const std::int64_t heads = share_of(a.heads, layout.attention_ranks());
  return projection(count, {"expand earlier KV", a.kv_rank, heads * (a.nope_dim + a.value_dim)}, layout, tokens);
}

/// Encoding new KV: a rotation of each head's vector, then a look-up; read wide, written narrow.
Operation kv_encoding(double count, const GroupedAttention& a, const ReplicaLayout& layout, double tokens) {
  const double elements = 2 * real(share_of(a.kv_heads, layout.attention_ranks()) * a.head_dim) * tokens;
  return {
      OperationKind::elementwise, "KV encoding", count, layout.kv,
      PlainWork{2 * elements * real(a.head_dim), elements * (kActivation + bytes_per_element(layout.kv)), 1, false}};
}

std::int64_t value_channels(const LayerGroup& group, const ReplicaLayout& layout) {
  const auto* a = std::get_if<LinearAttention>(&group.attention);
  return a != nullptr ? share_of(a->value_heads, layout.attention_ranks()) * a->value_dim : 0;
}

/// What crosses between accelerators once attention is done.
void add_attention_collectives(std::vector<Operation>& out, double count, const LlmSpec& model,
                               const ReplicaLayout& layout, double tokens) {
  if (layout.attention_ranks() > 1) {
    out.push_back(collective_of("attention all-reduce", count, CollectiveKind::all_reduce, layout.attention_ranks(),
                                tokens * real(model.hidden) * kActivation));
  }
}

/// Every copy of a context-parallel group needs the keys and values of all.
void add_kv_exchange(std::vector<Operation>& out, double count, const LayerGroup& group, const ReplicaLayout& layout,
                     double tokens) {
  if (layout.cp == 1) return;
  const double entry = std::visit(
      [&](const auto& a) {
        if constexpr (std::is_same_v<std::decay_t<decltype(a)>, LinearAttention>)
          return 0.0;
        else
          return entry_bytes(a, layout);
      },
      group.attention);
  if (entry > 0) {
    out.push_back(
        collective_of("KV all-gather", count, CollectiveKind::all_gather, layout.cp, tokens * layout.cp * entry));
  }
}

Operation experts(double count, const MoeMlp& mlp, std::int64_t hidden, const ReplicaLayout& layout, double tokens) {
  MoeWork work;
  work.tokens = tokens * layout.expert_imbalance;
  work.hidden = real(mlp.latent.value_or(hidden));
  work.inner = real(mlp.inner);
  work.chosen = real(mlp.top_k);
  work.experts = real(mlp.experts);
  work.tensor_ranks = layout.expert_slices();
  work.expert_ranks = layout.ep;
  work.weight_bytes = bytes_per_element(layout.weights);
  work.activation_bytes = operand_bytes(layout.weights);
  return {OperationKind::experts, "experts", count, layout.weights, work};
}

/// Tokens to their experts and back. Where all ranks have all tokens one sum is enough; where attention groups have
/// different ones, each token is sent to the ranks of its experts, or every rank gathers all.
void add_mlp_collectives(std::vector<Operation>& out, double count, const LayerGroup& group, std::int64_t hidden,
                         const ReplicaLayout& layout, double tokens) {
  if (layout.tp == 1) return;
  const double all = tokens * real(hidden) * kActivation;
  if (layout.dp_attention == 1) {
    out.push_back(collective_of("MLP all-reduce", count, CollectiveKind::all_reduce, layout.tp, all));
    return;
  }
  const auto* mlp = std::get_if<MoeMlp>(&group.mlp);
  if (mlp != nullptr && layout.ep > 1) {
    const double copies = std::min(real(mlp->top_k), real(layout.ep)) * tokens / layout.tp * layout.expert_imbalance;
    const double width = real(mlp->latent.value_or(hidden));
    out.push_back(collective_of("dispatch", count, CollectiveKind::all_to_all, layout.ep,
                                copies * width * (layout.weights == Dtype::bf16 ? kActivation : 1)));
    out.push_back(collective_of("combine", count, CollectiveKind::all_to_all, layout.ep, copies * width * kActivation));
    return;
  }
  out.push_back(collective_of("MLP all-gather", count, CollectiveKind::all_gather, layout.tp, all));
  out.push_back(collective_of("MLP reduce-scatter", count, CollectiveKind::reduce_scatter, layout.tp, all));
}

void add_prefill(std::vector<Operation>& out, double count, const LayerGroup& group, const LayerWork& work,
                 const ReplicaLayout& layout, const PromptSum& p) {
  if (const auto* a = std::get_if<GroupedAttention>(&group.attention)) {
    out.push_back({OperationKind::prefill_attention, a->window ? "window attention" : "attention", count, layout.kv,
                   PrefillWork{p.chunks, p.tokens, p.prefix, heads_of(*a, layout)}});
    return;
  }
  const auto* latent = std::get_if<LatentAttention>(&group.attention);
  if (latent != nullptr && !latent->index) {
    out.push_back({OperationKind::prefill_attention, "latent attention", count, Dtype::bf16,
                   PrefillWork{p.chunks, p.tokens, p.prefix, expanded_heads(*latent, layout)}});
    if (p.prefix > 0) out.push_back(expansion(count, *latent, layout, p.chunks * p.prefix));
    return;
  }
  for (const AttentionTerm& term : work.attention) out.push_back(prefill_scan(count, term, layout.kv, p));
}

void append(std::vector<Operation>& out, const std::vector<Operation>& more) {
  out.insert(out.end(), more.begin(), more.end());
}

}  // namespace

std::vector<Operation> attention_side_operations(const LlmSpec& model, const ReplicaLayout& layout, double tokens) {
  std::vector<Operation> out;
  for (const LayerGroup& group : model.layers) {
    const LayerWork work = layer_work(model, group, layout);
    const double count = real(group.count);
    for (std::size_t i = 0; i < work.attention_matrices; ++i) {
      out.push_back(projection(count, work.dense[i], layout, tokens));
    }
    out.push_back(elementwise("attention norm", count, work.norm_bytes * tokens, 1));
    // Heads are slices of wider rows: kernels that norm them were measured no faster than the memory (LLMServingSim's
    // layer tables, RTX PRO 6000).
    if (work.qk_norm_bytes > 0) {
      out.push_back(elementwise("query and key norm", count, work.qk_norm_bytes * tokens, 2, false));
    }
    const double rotation = work.attention_activation_bytes - work.norm_bytes - work.qk_norm_bytes;
    out.push_back(elementwise("rotation, cache write", count, rotation * tokens, 1));
    if (work.recurrent_flops > 0) {
      out.push_back(
          {OperationKind::recurrence, "recurrence", count, Dtype::bf16,
           PlainWork{work.recurrent_flops * tokens, kRecurrenceBytes * real(value_channels(group, layout)) * tokens,
                     kRecurrenceKernels, false}});
    }
    if (const auto* a = std::get_if<GroupedAttention>(&group.attention); a != nullptr && is_kv_codec(layout.kv)) {
      out.push_back(kv_encoding(count, *a, layout, tokens));
    }
    add_kv_exchange(out, count, group, layout, tokens);
    add_attention_collectives(out, count, model, layout, tokens);
  }
  return out;
}

std::vector<Operation> mlp_side_operations(const LlmSpec& model, const ReplicaLayout& layout, double tokens) {
  const double residual = tokens * real(model.hidden) * kActivation;
  std::vector<Operation> out{
      {OperationKind::embedding, "embedding", 1, Dtype::bf16, PlainWork{0, 2 * residual, 1, false}}};
  if (layout.tp > 1) {
    out.push_back(collective_of("embedding all-reduce", 1, CollectiveKind::all_reduce, layout.tp, residual));
  }
  for (const LayerGroup& group : model.layers) {
    const LayerWork work = layer_work(model, group, layout);
    const double count = real(group.count);
    for (std::size_t i = work.attention_matrices; i < work.dense.size(); ++i) {
      out.push_back(projection(count, work.dense[i], layout, tokens));
    }
    const auto* mlp = std::get_if<MoeMlp>(&group.mlp);
    if (mlp != nullptr) out.push_back(experts(count, *mlp, model.hidden, layout, tokens));
    out.push_back(elementwise("MLP norm", count, work.norm_bytes * tokens, 1));
    if (mlp != nullptr) out.push_back(elementwise("routing", count, 0, kRoutingKernels));
    // Routed experts' activations are a part of their kernels.
    const double activation = work.dense_activation_bytes;
    if (activation > 0) out.push_back(elementwise("activation", count, activation * tokens, 1));
    add_mlp_collectives(out, count, group, model.hidden, layout, tokens);
  }
  if (layout.pp > 1) out.push_back({OperationKind::hop, "stage hop", layout.pp - 1.0, Dtype::bf16, HopWork{residual}});
  return out;
}

std::vector<Operation> sequence_operations(const LlmSpec& model, const ReplicaLayout& layout, double sequences,
                                           double group_sequences) {
  constexpr double kSamplingPasses = 3;  // over the logits in fp32: convert, softmax, draw
  std::vector<Operation> out;
  for (const LayerGroup& group : model.layers) {
    const double state = layer_work(model, group, layout).state_bytes;
    if (state <= 0) continue;
    out.push_back({OperationKind::recurrence, "state in and out", real(group.count), Dtype::bf16,
                   PlainWork{0, 2 * kStateSlowness * state * group_sequences, 0, false}});
  }
  Operation head = projection(1, head_matmul(model, layout), layout, sequences);
  head.kind = OperationKind::head;
  out.push_back(head);
  const double logits = sequences * real(model.vocab);
  if (layout.tp > 1) {
    out.push_back(collective_of("logits all-gather", 1, CollectiveKind::all_gather, layout.tp, logits * kActivation));
  }
  out.push_back({OperationKind::sampling, "sampling", 1, Dtype::bf16,
                 PlainWork{0, logits * 4 * kSamplingPasses, 3, false, true}});
  return out;
}

std::vector<Operation> prefill_scans(const LlmSpec& model, const ReplicaLayout& layout, const PromptSum& prompts) {
  std::vector<Operation> out;
  if (prompts.chunks <= 0) return out;
  for (const LayerGroup& group : model.layers) {
    add_prefill(out, real(group.count), group, layer_work(model, group, layout), layout, prompts);
  }
  return out;
}

std::vector<Operation> decode_scans(const LlmSpec& model, const ReplicaLayout& layout, double decodes, double context,
                                    double width) {
  std::vector<Operation> out;
  if (decodes <= 0) return out;
  for (const LayerGroup& group : model.layers) {
    const double count = real(group.count);
    if (const auto* a = std::get_if<GroupedAttention>(&group.attention)) {
      DecodeWork work{decodes, context / decodes, heads_of(*a, layout)};
      work.heads.query *= width;  // further query tokens read the same keys and values
      out.push_back(
          {OperationKind::decode_attention, a->window ? "window attention" : "attention", count, layout.kv, work});
      continue;
    }
    for (const AttentionTerm& term : layer_work(model, group, layout).attention) {
      out.push_back(decode_scan(count, term, layout.kv, visible_of_decodes(term, decodes, context), width));
    }
  }
  return out;
}

LlmSpec draft_model(const LlmSpec& model) {
  LlmSpec draft = model;
  draft.layers = {model.layers.back()};
  draft.layers[0].count = 1;
  return draft;
}

std::vector<Operation> draft_operations(const LlmSpec& draft, const ReplicaLayout& layout, double decodes,
                                        double group_decodes) {
  std::vector<Operation> out{projection(1, {"join", 2 * draft.hidden, share_of(draft.hidden, layout.attention_ranks())},
                                        layout, group_decodes)};
  append(out, attention_side_operations(draft, layout, group_decodes));
  append(out, mlp_side_operations(draft, layout, decodes));
  append(out, sequence_operations(draft, layout, decodes, group_decodes));
  return out;
}

void append_drafts(std::vector<Operation>& out, const LlmSpec& draft, const ReplicaLayout& layout,
                   const RankBatch& rank) {
  std::vector<Operation> pass = draft_operations(draft, layout, rank.decodes * layout.dp_attention, rank.decodes);
  append(pass, decode_scans(draft, layout, rank.decodes, rank.context));
  for (Operation& operation : pass) operation.count *= rank.width - 1;
  append(out, pass);
}

std::vector<Operation> step_operations(const LlmSpec& model, const ReplicaLayout& layout, const BatchShape& batch) {
  const RankBatch rank = rank_batch(layout, batch);
  std::vector<Operation> out;
  if (rank.tokens <= 0) return out;
  append(out, attention_side_operations(model, layout, rank.group_tokens));
  append(out, prefill_scans(model, layout, rank.prompts));
  append(out, decode_scans(model, layout, rank.decodes, rank.context, rank.width));
  append(out, mlp_side_operations(model, layout, rank.tokens));
  append(out, sequence_operations(model, layout, rank.sequences, rank.group_sequences));
  if (rank.width > 1) append_drafts(out, draft_model(model), layout, rank);
  return out;
}

}  // namespace cleave

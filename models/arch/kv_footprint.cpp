#include "models/arch/kv_footprint.h"

#include <algorithm>
#include <cmath>

#include "models/arch/layer_work.h"
#include "models/units/real.h"

namespace cleave {
namespace {

/// Bytes for each of the first `window` tokens, or for every token.
struct KvTerm {
  double bytes = 0;
  std::optional<std::int64_t> window;
};

struct LayerKv {
  std::vector<KvTerm> terms;
  double state = 0;
};

LayerKv layer_kv(const GroupedAttention& a, const ReplicaLayout& layout) {
  return {{{entry_bytes(a, layout), a.window}}, 0};
}

LayerKv layer_kv(const LatentAttention& a, const ReplicaLayout& layout) {
  return {{{entry_bytes(a, layout) + index_bytes(a), std::nullopt}}, 0};
}

LayerKv layer_kv(const LinearAttention& a, const ReplicaLayout& layout) {
  return {{}, state_bytes(a, layout)};
}

LayerKv layer_kv(const CompressedAttention& a, const ReplicaLayout& layout) {
  LayerKv kv{{{entry_bytes(a, layout), a.window}}, state_bytes(a)};
  if (a.ratio) kv.terms.push_back({(entry_bytes(a, layout) + index_bytes(a)) / real(*a.ratio), std::nullopt});
  return kv;
}

/// Visits each group with (layers of it on the fullest stage, what one of them keeps, whether it is linear attention).
/// Where groups of accelerators hold different tokens, each holds its share: an even one.
template <class Visit>
void for_each_group(const LlmSpec& model, const ReplicaLayout& layout, Visit visit) {
  const double share = stage_share(model, layout) / layout.kv_groups();
  for (const LayerGroup& group : model.layers) {
    const LayerKv kv = std::visit([&](const auto& attention) { return layer_kv(attention, layout); }, group.attention);
    visit(real(group.count) * share, kv, std::holds_alternative<LinearAttention>(group.attention));
  }
}

}  // namespace

double stage_share(const LlmSpec& model, const ReplicaLayout& layout) {
  const std::int64_t layers = model.layer_count();
  return real(share_of(layers, layout.pp)) / real(layers);
}

double entry_bytes(const GroupedAttention& a, const ReplicaLayout& layout) {
  return 2.0 * real(share_of(a.kv_heads, layout.attention_ranks())) * real(a.head_dim) * bytes_per_element(layout.kv);
}

double entry_bytes(const LatentAttention& a, const ReplicaLayout& layout) {
  if (layout.kv == Dtype::fp8 && a.fp8_entry_bytes) return real(*a.fp8_entry_bytes);
  return real(a.kv_rank + a.rope_dim) * bytes_per_element(layout.kv);
}

double entry_bytes(const CompressedAttention& a, const ReplicaLayout& layout) {
  // The rotated part stays in bf16 when the rest is stored in fewer bits.
  return real(a.head_dim - a.rope_dim) * bytes_per_element(layout.kv) +
         real(a.rope_dim) * bytes_per_element(Dtype::bf16);
}

double index_bytes(const LatentAttention& a) {
  constexpr double kScale = 4;  // one fp32 scale beside an fp8 key
  return a.index ? real(a.index->head_dim) + kScale : 0;
}

double index_bytes(const CompressedAttention& a) {
  return a.index ? real(a.index->head_dim) / 2 : 0;  // 4-bit keys
}

double state_bytes(const LinearAttention& a, const ReplicaLayout& layout) {
  const double value_heads = real(share_of(a.value_heads, layout.attention_ranks()));
  const double key_heads = real(share_of(a.key_heads, layout.attention_ranks()));
  const double matrix = value_heads * real(a.key_dim) * real(a.value_dim) * 4;  // fp32
  const double conv = real(a.conv_width - 1) * (2 * key_heads * real(a.key_dim) + value_heads * real(a.value_dim)) * 2;
  return matrix + conv;
}

double state_bytes(const CompressedAttention& a) {
  if (!a.ratio) return 0;
  const double overlap = a.index ? 2 : 1;  // finely compressed layers blend two neighbouring groups of tokens
  const double entries = 2 * real(*a.ratio) * overlap * real(a.head_dim) * 4;
  const double keys = a.index ? 2 * real(*a.ratio) * overlap * real(a.index->head_dim) * 4 : 0;
  return entries + keys;
}

std::optional<Tokens> state_page(const LlmSpec& model, const ReplicaLayout& layout) {
  double largest = 0;   // state of a layer
  double smallest = 0;  // entry of a token in a layer
  for (const LayerGroup& group : model.layers) {
    if (const auto* linear = std::get_if<LinearAttention>(&group.attention)) {
      largest = std::max(largest, state_bytes(*linear, layout));
      continue;
    }
    const LayerKv kv = std::visit([&](const auto& attention) { return layer_kv(attention, layout); }, group.attention);
    for (const KvTerm& term : kv.terms) smallest = smallest > 0 ? std::min(smallest, term.bytes) : term.bytes;
  }
  if (largest <= 0 || smallest <= 0) return std::nullopt;
  constexpr std::int64_t kKernelAlignment = 16;
  return Tokens{kKernelAlignment *
                static_cast<std::int64_t>(std::ceil(largest / (smallest * static_cast<double>(kKernelAlignment))))};
}

KvFootprint kv_footprint(const LlmSpec& model, const ReplicaLayout& layout) {
  KvFootprint footprint;
  for_each_group(model, layout, [&](double layers, const LayerKv& kv, bool linear) {
    footprint.state += layers * kv.state;
    if (linear) footprint.recurrent += layers * kv.state;
    for (const KvTerm& term : kv.terms) {
      if (term.window)
        footprint.windowed += layers * term.bytes * real(*term.window);
      else
        footprint.growing += layers * term.bytes;
    }
  });
  return footprint;
}

Bytes kv_bytes(const LlmSpec& model, const ReplicaLayout& layout, Tokens length) {
  double bytes = 0;
  for_each_group(model, layout, [&](double layers, const LayerKv& kv, bool) {
    bytes += layers * kv.state;
    for (const KvTerm& term : kv.terms) {
      const std::int64_t kept = term.window ? std::min(*term.window, length.value()) : length.value();
      bytes += layers * term.bytes * real(kept);
    }
  });
  return Bytes{static_cast<std::int64_t>(std::llround(bytes))};
}

}  // namespace cleave

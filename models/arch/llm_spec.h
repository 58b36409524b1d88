#pragma once
// What a language model is: its layers, as its config.json states them. Data: models/catalog/llm.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "models/hardware/sourced.h"

namespace cleave {

/// Multi-head, grouped-query and multi-query attention; with `window`, over the latest tokens only.
struct GroupedAttention {
  std::int64_t heads = 0;
  std::int64_t kv_heads = 0;
  std::int64_t head_dim = 0;
  std::optional<std::int64_t> window;
  bool output_gate = false;  // the query projection also yields a gate of the same width
  bool qk_norm = false;      // queries and keys are normed, head by head
};

/// A light scan that picks the `top_k` earlier entries to attend to (DeepSeek sparse attention).
struct SparseIndex {
  std::int64_t heads = 0;
  std::int64_t head_dim = 0;
  std::int64_t top_k = 0;
};

/// Multi-head latent attention: one compressed entry per token stands for all heads.
struct LatentAttention {
  std::int64_t heads = 0;
  std::int64_t kv_rank = 0;
  std::int64_t rope_dim = 0;
  std::int64_t nope_dim = 0;
  std::int64_t value_dim = 0;
  std::optional<std::int64_t> q_rank;
  std::optional<SparseIndex> index;
  std::optional<std::int64_t> fp8_entry_bytes;  // where the fp8 layout keeps scales and a bf16 part
};

/// Linear attention with a constant state per sequence (gated DeltaNet, Kimi delta attention).
struct LinearAttention {
  std::int64_t key_heads = 0;
  std::int64_t value_heads = 0;
  std::int64_t key_dim = 0;
  std::int64_t value_dim = 0;
  std::int64_t conv_width = 4;
  std::optional<std::int64_t> gate_rank;  // gates are low-rank products; otherwise one full gate projection
};

/// DeepSeek V4: a window at full resolution, and one entry for every `ratio` tokens before it. One shared KV head.
struct CompressedAttention {
  std::int64_t heads = 0;
  std::int64_t head_dim = 0;
  std::int64_t rope_dim = 0;
  std::int64_t q_rank = 0;
  std::int64_t output_rank = 0;
  std::int64_t output_groups = 0;
  std::int64_t window = 0;
  std::optional<std::int64_t> ratio;  // absent: the window is all there is
  std::optional<SparseIndex> index;   // absent: all compressed entries are attended to
};

using Attention = std::variant<GroupedAttention, LatentAttention, LinearAttention, CompressedAttention>;

struct DenseMlp {
  std::int64_t inner = 0;
  bool gated = true;  // three matrices instead of two
};

/// Mixture of gated experts: `top_k` of `experts` for each token, and a shared part that every token passes.
struct MoeMlp {
  std::int64_t inner = 0;
  std::int64_t experts = 0;
  std::int64_t top_k = 0;
  std::int64_t shared_inner = 0;       // all shared experts together; 0: none
  std::optional<std::int64_t> latent;  // experts work in this narrower width
};

using Mlp = std::variant<DenseMlp, MoeMlp>;

/// `count` equal layers. The order of the groups, and interleaving, change no quantity computed here.
struct LayerGroup {
  std::int64_t count = 0;
  Attention attention;
  Mlp mlp;
};

/// Published parameter counts, to check the computed ones against.
struct PublishedSize {
  Sourced<double> total;
  std::optional<Sourced<double>> active;  // per token; absent for a dense model
};

struct LlmSpec {
  std::string name;
  std::string description;
  std::string source;  // of every number of the architecture
  Confidence confidence = Confidence::assumed;
  std::int64_t hidden = 0;
  std::int64_t vocab = 0;
  bool tied_embeddings = false;
  std::vector<LayerGroup> layers;
  std::optional<PublishedSize> parameters;

  [[nodiscard]] std::int64_t layer_count() const {
    std::int64_t count = 0;
    for (const LayerGroup& group : layers) count += group.count;
    return count;
  }
  /// Whether some layers keep a state that exists for one length alone.
  [[nodiscard]] bool has_recurrent_state() const {
    return std::any_of(layers.begin(), layers.end(), [](const LayerGroup& group) {
      return std::holds_alternative<LinearAttention>(group.attention);
    });
  }
};

}  // namespace cleave

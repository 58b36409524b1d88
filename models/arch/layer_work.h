#pragma once
// What one layer does on one accelerator of a tensor-parallel group: its matrices, its scans of earlier tokens, and the
// bytes that move besides. Pure functions of the architecture; times are models/cost's.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "models/arch/layout.h"
#include "models/arch/llm_spec.h"

namespace cleave {

inline constexpr double kActivation = 2;      // bytes of one activation: bf16
inline constexpr double kRoutingKernels = 2;  // of a layer of experts: routing, combine

/// y[rows, outputs] = x[rows, inputs] w[inputs, outputs].
struct MatMul {
  std::string_view name;
  std::int64_t inputs = 0;
  std::int64_t outputs = 0;
  bool quantized = true;  // false: stays in bf16 whatever the layout says

  [[nodiscard]] constexpr double weights() const { return static_cast<double>(inputs) * static_cast<double>(outputs); }
};

/// `top_k` of `experts` run for each token, `held` of them live on this accelerator; `each` are the matrices of one
/// expert, or of this accelerator's slice of it.
struct ExpertWork {
  std::int64_t experts = 0;
  std::int64_t held = 0;
  std::int64_t top_k = 0;
  std::vector<MatMul> each;
};

/// One scan over a sequence's earlier tokens. A query token sees min(earlier tokens, cap) of them.
struct AttentionTerm {
  std::string_view name = "attention";
  double prefill_flops = 0;  // per query token and visible token
  double decode_flops = 0;   // likewise, for a single query token
  double bytes = 0;          // of KV read per visible token
  double expand_flops = 0;   // per token of earlier context, once per prompt chunk
  std::optional<double> cap;
};

struct LayerWork {
  std::vector<MatMul> dense;           // for every token: attention's, then the MLP's
  std::size_t attention_matrices = 0;  // of those, attention's
  std::optional<ExpertWork> experts;
  std::vector<AttentionTerm> attention;
  double recurrent_flops = 0;             // per token, linear attention's state update
  double state_bytes = 0;                 // read and written back by every step of a sequence
  double activation_bytes = 0;            // per token, moved by norms, rotations and activations
  double attention_activation_bytes = 0;  // of those, before the MLP
  double qk_norm_bytes = 0;               // of those, norms of queries and keys, head by head
  double norm_bytes = 0;                  // of those, one of the two norms: the residual in and out
  double dense_activation_bytes = 0;      // of those, the MLP's or the shared experts' activation
  double expert_activation_bytes = 0;     // of those, inside the kernels of routed experts
};

/// Work of each layer of `group`. Heads are split over layout.attention_ranks(), inner widths over layout.tp, experts
/// over layout.ep and their inner widths over what is left, all rounded up; latent entries and low-rank projections are
/// replicated.
[[nodiscard]] LayerWork layer_work(const LlmSpec& model, const LayerGroup& group, const ReplicaLayout& layout);

/// The output projection onto the vocabulary, on one accelerator.
[[nodiscard]] MatMul head_matmul(const LlmSpec& model, const ReplicaLayout& layout);

/// ceil(count / parts)
[[nodiscard]] constexpr std::int64_t share_of(std::int64_t count, std::uint32_t parts) {
  return (count + parts - 1) / parts;
}

}  // namespace cleave

#pragma once
// Parameter counts, weight bytes and operation counts of a model.

#include <optional>
#include <string>

#include "models/arch/layout.h"
#include "models/arch/llm_spec.h"
#include "models/units/units.h"

namespace cleave {

struct ParameterCount {
  double total = 0;
  double active = 0;  // used by one token: without the other experts and without the embedding table
};

/// Biases and learned positions are left out (below 0.1 % of any model here).
[[nodiscard]] ParameterCount parameter_count(const LlmSpec& model);

/// Weights on the fullest accelerator. Embeddings, output projection, routers and norms stay in bf16.
/// With pp > 1 the fullest stage holds its layers and one of embedding and output projection.
[[nodiscard]] Bytes weight_bytes(const LlmSpec& model, const ReplicaLayout& layout);

/// Operations of the whole model for one token, attention to earlier tokens and the output projection left out.
[[nodiscard]] Flops linear_flops_per_token(const LlmSpec& model);

/// Operations of the output projection for one token that is sampled.
[[nodiscard]] Flops head_flops(const LlmSpec& model);

/// Operations of attention for `tokens` prompt tokens after `context` earlier ones, whole model.
[[nodiscard]] Flops attention_flops(const LlmSpec& model, Tokens tokens, Tokens context);

/// Pairs of (query token, visible token) when `tokens` follow `context`, each seeing at most `cap` tokens, itself
/// included.
[[nodiscard]] double visible_pairs(double tokens, double context, std::optional<double> cap);

/// Whether some of its layers choose among experts.
[[nodiscard]] bool has_experts(const LlmSpec& model);

/// Why the model cannot be split so. Result: nullopt when it can.
[[nodiscard]] std::optional<std::string> layout_problem(const LlmSpec& model, const ReplicaLayout& layout);

}  // namespace cleave

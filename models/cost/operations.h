#pragma once
// A step as a list of operations: from a model's shape, its parallel layout and the batch. The lists are cut by what
// they depend on, so that a cost model can tabulate each; together they are the step.

#include <vector>

#include "models/arch/layout.h"
#include "models/arch/llm_spec.h"
#include "models/cost/operation.h"
#include "models/cost/rank_batch.h"
#include "models/cost/step_cost.h"

namespace cleave {

/// Operations that depend on the number of tokens alone: attention's side, for tokens of one attention group.
[[nodiscard]] std::vector<Operation> attention_side_operations(const LlmSpec& model, const ReplicaLayout& layout,
                                                               double group_tokens);
/// The MLPs' side, embedding and stage hops, for tokens of all groups.
[[nodiscard]] std::vector<Operation> mlp_side_operations(const LlmSpec& model, const ReplicaLayout& layout,
                                                         double tokens);
/// Output projection and sampling of `sequences`; constant state of `group_sequences` in and out.
[[nodiscard]] std::vector<Operation> sequence_operations(const LlmSpec& model, const ReplicaLayout& layout,
                                                         double sequences, double group_sequences);
/// Scans of earlier tokens by prompts. Empty without prompts.
[[nodiscard]] std::vector<Operation> prefill_scans(const LlmSpec& model, const ReplicaLayout& layout,
                                                   const PromptSum& prompts);
/// Scans by `decodes` sequences of `context` tokens together. Empty without decodes.
[[nodiscard]] std::vector<Operation> decode_scans(const LlmSpec& model, const ReplicaLayout& layout, double decodes,
                                                  double context);

/// All of a step, in the order above.
[[nodiscard]] std::vector<Operation> step_operations(const LlmSpec& model, const ReplicaLayout& layout,
                                                     const BatchShape& batch);

}  // namespace cleave

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
/// Scans by `decodes` sequences of `context` tokens together, `width` query tokens each. Empty without decodes.
[[nodiscard]] std::vector<Operation> decode_scans(const LlmSpec& model, const ReplicaLayout& layout, double decodes,
                                                  double context, double width = 1);

/// The model of one layer that drafts tokens (multi-token prediction): a join of embedding and residual, a layer like
/// the last of `model`, and its output projection. A step with decodes of width w runs it w - 1 times, one row a
/// sequence. Source: DeepSeek-V3's prediction module.
[[nodiscard]] LlmSpec draft_model(const LlmSpec& model);

/// One of its passes over `group_decodes` sequences (`decodes` over all groups), but for the scans of their contexts.
[[nodiscard]] std::vector<Operation> draft_operations(const LlmSpec& draft, const ReplicaLayout& layout, double decodes,
                                                      double group_decodes);

/// Appends all w - 1 passes of the draft model, scans included.
void append_drafts(std::vector<Operation>& out, const LlmSpec& draft, const ReplicaLayout& layout,
                   const RankBatch& rank);

/// All of a step, in the order above.
[[nodiscard]] std::vector<Operation> step_operations(const LlmSpec& model, const ReplicaLayout& layout,
                                                     const BatchShape& batch);

}  // namespace cleave

#pragma once
// A batch as one accelerator sees it.

#include <span>

#include "models/arch/layout.h"
#include "models/cost/step_cost.h"

namespace cleave {

/// Prompt chunks of a step, as `chunks` equal ones that compute as many tokens and see as many pairs of tokens.
struct PromptSum {
  double chunks = 0;
  double tokens = 0;   // new ones of each
  double prefix = 0;   // that each has KV of
  double longest = 0;  // new tokens of the longest

  [[nodiscard]] double total() const { return chunks * tokens; }
};
[[nodiscard]] PromptSum sum_prompts(std::span<const PrefillChunk> chunks);

/// What the busiest accelerator computes of a batch. Sequences are spread evenly over groups that attend to different
/// ones (dp_attention), a single prompt is not; prompts' tokens are spread over layout.cp.
struct RankBatch {
  double tokens = 0;           // that pass through the MLPs
  double group_tokens = 0;     // that pass through attention's matrices
  double sequences = 0;        // rows that are sampled
  double group_sequences = 0;  // with state in this accelerator's memory
  PromptSum prompts;
  double decodes = 0;
  double width = 1;    // tokens of each decode
  double context = 0;  // of those decodes, summed
};
[[nodiscard]] RankBatch rank_batch(const ReplicaLayout& layout, const BatchShape& batch);

}  // namespace cleave

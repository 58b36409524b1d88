#pragma once
// Pipeline stages that work on different batches at the same time.

#include <memory>

#include "models/arch/layout.h"
#include "models/cost/explained_cost.h"

namespace cleave {

/// `whole` prices a pass of one batch through all stages, one after the other. The result prices a round in which each
/// sequence of the batch advances once, with up to layout.pp parts of the batch in flight:
/// - The batch is cut into min(pp, sequences) parts, prompts to the part with fewest tokens, decodes evenly. A part
///   passes each stage once a round, so stages are busy all the time with pp equal parts, and a round takes as long as
///   its longest part: pp stage times. A lone sequence has the latency of all stages.
/// - With layout.chunked_pipeline prompts are cut into parts of kPipelineChunk tokens that follow one another through
/// the
///   stages; the round takes the sum of their stage times and, pp - 1 times, that of the longest: filling the pipeline.
///   That is exact for a lone prompt; rounds that follow each other without a gap would not fill it anew.
/// With one stage the result is `whole` itself.
[[nodiscard]] std::unique_ptr<ExplainedCost> make_pipelined(std::unique_ptr<ExplainedCost> whole,
                                                            const ReplicaLayout& layout);

/// Tokens of a part of a prompt in a chunked pipeline. Source: Mooncake uses chunks of more than 1000 tokens.
inline constexpr std::int64_t kPipelineChunk = 2048;

}  // namespace cleave

#include "models/cost/rank_batch.h"

#include <algorithm>
#include <cmath>

#include "models/units/real.h"

namespace cleave {

PromptSum sum_prompts(std::span<const PrefillChunk> chunks) {
  // Of weights w = tokens: chunks x tokens = sum(w), chunks x tokens^2 = sum(w^2), chunks x tokens x prefix = sum(w c):
  // tokens, triangular pairs and pairs with earlier tokens are those of the batch.
  double sum = 0;
  double squares = 0;
  double earlier = 0;
  PromptSum out;
  for (const PrefillChunk& chunk : chunks) {
    const double tokens = real(chunk.tokens.value());
    sum += tokens;
    squares += tokens * tokens;
    earlier += tokens * real(chunk.context.value());
    out.longest = std::max(out.longest, tokens);
  }
  if (sum <= 0) return out;
  out.tokens = squares / sum;
  out.chunks = sum / out.tokens;
  out.prefix = earlier / sum;
  return out;
}

RankBatch rank_batch(const ReplicaLayout& layout, const BatchShape& batch) {
  RankBatch out;
  out.prompts = sum_prompts(batch.prefills);
  const double prompt_tokens = out.prompts.total();
  const double decodes = real(batch.decodes);
  out.width = real(batch.decode_width);
  const double sequences = real(static_cast<std::int64_t>(batch.prefills.size())) + decodes;
  const double share = prompt_tokens > 0 ? std::max(1.0 / layout.dp_attention, out.prompts.longest / prompt_tokens) : 0;
  out.prompts.chunks *= share / layout.cp;
  out.tokens = std::ceil(prompt_tokens / layout.cp) + std::ceil(decodes / layout.cp) * out.width;
  out.sequences = std::ceil((sequences + (out.width - 1) * decodes) / layout.cp);
  out.decodes = std::ceil(decodes / layout.kv_groups());
  out.group_tokens = std::ceil(prompt_tokens * share / layout.cp) + out.decodes * out.width;
  out.group_sequences = std::ceil(sequences / layout.kv_groups());
  if (decodes > 0) out.context = real(batch.decode_context.value()) * (out.decodes / decodes);
  return out;
}

}  // namespace cleave

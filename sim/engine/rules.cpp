#include "sim/engine/rules.h"

#include <algorithm>
#include <numeric>
#include <set>

namespace cleave {

std::int64_t output_limit(const Sequence& sequence, const EngineParams& params) {
  // A limit below the true length would have made the answer shorter: the length stands.
  const std::int64_t length = sequence.request->output.value();
  return params.max_output ? std::max(params.max_output->value(), length) : length;
}

std::int64_t uncomputed(const Sequence& sequence, bool ahead) {
  return sequence.known + (ahead ? sequence.flying_outputs : 0) - sequence.scheduled();
}

bool surely_ends(const Sequence& sequence, const EngineParams& params) {
  return sequence.flying_outputs > 0 && sequence.scheduled() + 2 - sequence.flying_outputs >=
                                            sequence.prompt() + output_limit(sequence, params);
}

std::int64_t drafts_for(const Sequence& sequence, const EngineParams& params) {
  const bool decodes = sequence.generated + sequence.flying_outputs > 0 && uncomputed(sequence, true) == 1;
  return decodes ? params.speculation.draft_tokens : 0;
}

std::int64_t clip_to_threshold(std::int64_t tokens, Tokens threshold) {
  return threshold.value() > 0 ? std::min(tokens, threshold.value()) : tokens;
}

std::optional<std::int64_t> first_chunk(std::int64_t tokens, std::int64_t budget, bool chunked) {
  if (tokens <= budget) return tokens;
  if (!chunked) return std::nullopt;
  return budget;
}

bool may_be_partial(std::span<Sequence* const> running, const Sequence& sequence, std::int64_t tokens,
                    const EngineParams& params) {
  const auto rest = [](const Sequence& s) { return s.known - s.scheduled(); };
  if (tokens >= rest(sequence)) return true;  // it will be whole
  const auto is_long = [&](const Sequence& s) {
    return params.long_prefill_token_threshold.value() > 0 && rest(s) > params.long_prefill_token_threshold.value();
  };
  std::int64_t partial = 0;
  std::int64_t long_ones = 0;
  for (const Sequence* other : running) {
    if (other == &sequence || rest(*other) <= 1) continue;
    ++partial;
    long_ones += is_long(*other) ? 1 : 0;
  }
  if (params.max_num_partial_prefills && partial >= *params.max_num_partial_prefills) return false;
  return !params.max_long_partial_prefills || !is_long(sequence) || long_ones < *params.max_long_partial_prefills;
}

bool adapter_fits(std::span<Sequence* const> running, const Sequence& sequence, const EngineParams& params) {
  if (params.max_loras == 0 || sequence.adapter == 0) return true;
  std::set<std::uint32_t> adapters;
  for (const Sequence* other : running) {
    if (other->adapter != 0) adapters.insert(other->adapter);
  }
  return adapters.contains(sequence.adapter) || static_cast<std::int64_t>(adapters.size()) < params.max_loras;
}

std::int64_t watermark_blocks(const EngineParams& params, const KvMemory& memory) {
  return static_cast<std::int64_t>(params.watermark * static_cast<double>(memory.total_blocks()));
}

std::span<const BlockKey> reusable_keys(const Sequence& sequence, Tokens block_size) {
  const std::int64_t most = full_blocks(Tokens{sequence.known - 1}, block_size);
  return std::span<const BlockKey>{*sequence.keys}.first(
      std::min(sequence.keys->size(), static_cast<std::size_t>(most)));
}

std::int64_t blocks_at_end(const Sequence& sequence, const EngineParams& params) {
  // The last token's KV is never computed: nothing follows it.
  const std::int64_t output = sequence.prefill_only ? 0 : output_limit(sequence, params) - 1;
  return blocks_needed(Tokens{std::max(sequence.known, sequence.prompt() + output)}, params.block_size);
}

std::int64_t blocks_promised(std::span<Sequence* const> running, const EngineParams& params) {
  return std::accumulate(running.begin(), running.end(), std::int64_t{0}, [&](std::int64_t sum, const Sequence* s) {
    return sum + std::max<std::int64_t>(0, blocks_at_end(*s, params) - s->held);
  });
}

Sequence& choose_victim(std::span<Sequence* const> running, QueueOrder order) {
  if (order != QueueOrder::priority) return *running.back();
  return **std::max_element(running.begin(), running.end(),
                            [](const Sequence* a, const Sequence* b) { return urgency(*a) < urgency(*b); });
}

TokenRatio::TokenRatio(const TokenEstimateParams& params)
    : initial_(std::min(1.0, params.initial_ratio * params.conservativeness)),
      least_(std::min(1.0, initial_ * params.minimum_factor)),
      step_((initial_ - least_) / static_cast<double>(params.decay_steps)),
      retract_steps_(params.retract_steps),
      value_(initial_) {}

void TokenRatio::decay(std::int64_t steps) {
  // One subtraction a step: so many at once would round differently.
  for (std::int64_t i = 0; i < steps && value_ > least_; ++i) value_ = std::max(value_ - step_, least_);
}

void TokenRatio::after_retraction(std::int64_t written, std::int64_t permitted, std::int64_t sequences) {
  value_ = std::min(1.0, static_cast<double>(written + retract_steps_ * sequences) / static_cast<double>(permitted + 1));
}

std::int64_t expected_output(const Sequence& sequence, const EngineParams& params) {
  if (sequence.prefill_only) return 0;
  const std::int64_t left = std::max<std::int64_t>(0, output_limit(sequence, params) - sequence.generated);
  return std::min(left, params.token_estimate.clip.value());
}

std::vector<std::size_t> retraction_order(std::span<Sequence* const> running) {
  std::vector<std::size_t> order(running.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const auto key = [&](std::size_t i) {
      return std::tuple(running[i]->generated, -running[i]->prompt(), running.size() - i);
    };
    return key(a) < key(b);
  });
  return order;
}

}  // namespace cleave

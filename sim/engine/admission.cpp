#include "sim/engine/admission.h"

#include <algorithm>

#include "models/units/check.h"
#include "sim/engine/kv_connector.h"
#include "sim/engine/rules.h"
#include "sim/engine/state_cache.h"

namespace cleave {

Prefix look_up(EngineState& state, const Sequence& sequence, bool caching) {
  Prefix prefix;
  if (!sequence.blocks.empty()) {
    prefix.computed = sequence.computed;
    return prefix;
  }
  if (!caching) return prefix;
  const auto keys = reusable_keys(sequence, state.block_size);
  prefix.keys = startable(state, keys.first(state.memory->match_to_use(keys)));
  if (!prefix.keys.empty()) prefix.state = state_keys(state, prefix.keys.back());
  prefix.computed = static_cast<std::int64_t>(prefix.keys.size()) * state.block_size.value();
  return prefix;
}

std::int64_t idle_blocks(const EngineState& state, const Prefix& prefix) {
  return state.memory->idle_among(prefix.keys) + state.memory->idle_among(prefix.state);
}

std::int64_t blocks_missing(const EngineState& state, const Sequence& sequence, const Prefix& prefix,
                            std::int64_t tokens) {
  const std::int64_t held = sequence.held + static_cast<std::int64_t>(prefix.keys.size());
  const std::int64_t fresh = std::max<std::int64_t>(0, state.blocks_for(tokens) - held);
  const std::int64_t constant = sequence.state.empty() ? state.state_blocks : 0;
  std::optional<std::int64_t> starts_behind;
  if (!prefix.state.empty()) starts_behind = static_cast<std::int64_t>(prefix.keys.size());
  const std::int64_t to_keep = blocks_to_keep_state(state, sequence, tokens, starts_behind);
  return fresh + constant + to_keep + idle_blocks(state, prefix);
}

namespace {

/// Holds the cached blocks and counts them as hits, unless the sequence has been served here or elsewhere before.
void take_cached(EngineState& state, Sequence& sequence, const Prefix& prefix) {
  const bool first_time = !sequence.record->first_scheduled.has_value();
  // What was told of a load whose memory was taken away again is no hit.
  if (first_time && sequence.held == 0) sequence.record->hit_prompt_kv = sequence.record->hit_decode_kv = Tokens{0};
  if (prefix.external > 0) {
    sequence.hits_with_step = first_time ? prefix.external : 0;
    sequence.record->hit_prompt_kv += Tokens{sequence.hits_with_step};
    sequence.loads_with_step = true;
  }
  if (prefix.keys.empty()) return;
  if (first_time) {
    const Tokens hit{static_cast<std::int64_t>(prefix.keys.size()) * state.block_size.value()};
    const Tokens decoded{state.memory->decoded_among(prefix.keys) * state.block_size.value()};
    sequence.record->hit_decode_kv += decoded;
    sequence.record->hit_prompt_kv += hit - decoded;
  }
  state.memory->acquire(prefix.keys, sequence.blocks);
  if (!prefix.state.empty()) {
    (void)state.memory->match_to_use(prefix.state);
    state.memory->acquire(prefix.state, sequence.kept);
    sequence.kept_at = static_cast<std::int64_t>(prefix.keys.size());
  }
  sequence.held += static_cast<std::int64_t>(prefix.keys.size());
  sequence.sealed = std::max(sequence.sealed, static_cast<std::int64_t>(prefix.keys.size()));
}

void take_fresh(EngineState& state, Sequence& sequence, std::int64_t tokens) {
  const std::int64_t fresh = std::max<std::int64_t>(0, state.blocks_for(tokens) - sequence.held);
  const bool has_state = !sequence.state.empty() || state.state_blocks == 0;
  SIM_CHECK(
      hold_blocks(state, sequence, fresh) && (has_state || state.memory->allocate(state.state_blocks, sequence.state)),
      "blocks vanished between check and allocation");
}

}  // namespace

void take_blocks(EngineState& state, Sequence& sequence, const Prefix& prefix, std::int64_t tokens, TimePoint now) {
  take_cached(state, sequence, prefix);
  if (!sequence.record->first_scheduled) sequence.record->first_scheduled = now;
  take_fresh(state, sequence, tokens);
  const std::int64_t skipped = std::min(sequence.unscheduled, prefix.computed - sequence.computed);
  if (skipped > 0) {
    sequence.unscheduled -= skipped;
    state.pending_tokens -= skipped;
  }
  sequence.computed = prefix.computed;
  sequence.record->recomputed += Tokens{std::max<std::int64_t>(0, sequence.lost - prefix.computed)};
  sequence.lost = 0;
}

bool take_from_last_holder(EngineState& state, QueueOrder order, TimePoint now, const Sequence& spared) {
  for (std::size_t i = state.waiting.size(); i-- > 0;) {
    Sequence& holder = *state.waiting[i];
    if (&holder == &spared || holder.blocks.empty() || holder.waits_for != WaitReason::none) continue;
    state.waiting.erase(state.waiting.begin() + static_cast<std::ptrdiff_t>(i));
    state.waiting_meter.leave(holder.queued_at, now);
    return_to_queue(state, order, holder, now, ReturnTo::front);
    return true;
  }
  return false;
}

void start_running(EngineState& state, std::size_t waiting_index, TimePoint now) {
  Sequence& sequence = *state.waiting[waiting_index];
  state.waiting.erase(state.waiting.begin() + static_cast<std::ptrdiff_t>(waiting_index));
  state.waiting_meter.leave(sequence.queued_at, now);
  state.running.push_back(&sequence);
}

void schedule(EngineState& state, Sequence& sequence, std::int64_t tokens, std::int64_t drafts,
              std::vector<BatchEntry>& batch) {
  const std::int64_t from_queue = std::min(tokens, sequence.unscheduled);
  sequence.unscheduled -= from_queue;
  state.pending_tokens -= from_queue;
  const bool yields = tokens - drafts == uncomputed(sequence, true);
  batch.push_back({&sequence, tokens, drafts, sequence.scheduled(), yields, sequence.epoch});
  sequence.flying += tokens;
  if (yields) sequence.flying_outputs += 1 + drafts;
}

void unschedule(BatchEntry entry) {
  entry.sequence->flying -= entry.tokens;
  if (entry.yields) entry.sequence->flying_outputs -= 1 + entry.drafts;
}

std::optional<ConnectorMatch> ask_connector(EngineState& state, const Sequence& sequence, const Prefix& prefix) {
  if (state.connector == nullptr || !sequence.blocks.empty()) return ConnectorMatch{};
  auto match = state.connector->matched(sequence, Tokens{prefix.computed});
  if (match) match->tokens = std::min(match->tokens, Tokens{sequence.known - prefix.computed});
  return match;
}

void start_meeting(EngineState& state, std::size_t waiting_index, const Prefix& prefix, const ConnectorMatch& match,
                   TimePoint now) {
  Sequence& sequence = *state.waiting[waiting_index];
  const std::int64_t until = prefix.computed + match.tokens.value();
  const bool first_time = !sequence.record->first_scheduled.has_value();
  start_running(state, waiting_index, now);
  take_blocks(state, sequence, prefix, until, now);
  sequence.gap = KvGap{prefix.computed, until, false, first_time};
  state.lookups.found_elsewhere(sequence, match.tokens);
  state.connector->allocated(sequence, Tokens{prefix.computed}, match);
}

std::int64_t computable(EngineState& state, Sequence& sequence, bool ahead, std::int64_t budget) {
  close_gap(state, sequence);
  const std::int64_t all = uncomputed(sequence, ahead);
  if (!sequence.gap) return all;
  if (!sequence.gap->filled) sequence.gap->from = state.connector->meet(sequence, sequence.scheduled(), budget);
  return std::min(all, sequence.gap->from - sequence.scheduled());
}

bool park_for_load(EngineState& state, Sequence& sequence, const Prefix& prefix, const ConnectorMatch& match) {
  const std::int64_t tokens = prefix.computed + match.tokens.value();
  if (blocks_missing(state, sequence, prefix, tokens) > state.memory->free_blocks()) return false;
  take_cached(state, sequence, prefix);
  take_fresh(state, sequence, tokens);
  sequence.waits_for = WaitReason::remote_kv;
  state.lookups.found_elsewhere(sequence, match.tokens);
  state.connector->allocated(sequence, Tokens{prefix.computed}, match);
  return true;
}

}  // namespace cleave

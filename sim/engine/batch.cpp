#include "sim/engine/batch.h"

#include <algorithm>

#include "models/units/check.h"
#include "sim/engine/kv_connector.h"
#include "sim/engine/rules.h"
#include "sim/engine/state_cache.h"
#include "sim/kv/block_pool.h"

namespace cleave {
namespace {

/// Who holds memory already goes ahead of those who wait for some, or the two could wait for each other. Among equals:
/// by urgency, or in order of coming, with those who were pre-empted first.
void insert_waiting(EngineState& state, QueueOrder order, Sequence& sequence, bool first) {
  if (order != QueueOrder::priority && sequence.blocks.empty() && !first) return state.waiting.push_back(&sequence);
  const auto before = [&](const Sequence* other) {
    if (other->blocks.empty() != sequence.blocks.empty()) return sequence.blocks.empty();
    if (order == QueueOrder::priority) return urgency(*other) < urgency(sequence);
    return !first;
  };
  const auto at = std::find_if_not(state.waiting.begin(), state.waiting.end(), before);
  state.waiting.insert(at, &sequence);
}

}  // namespace

std::unique_ptr<KvMemory> make_kv_memory(const EngineParams& params, std::optional<std::int64_t> blocks) {
  if (params.kv_layout == KvLayout::radix) {
    return std::make_unique<RadixCache>(
        RadixCacheParams{blocks, params.enable_prefix_caching, params.radix_eviction});
  }
  return std::make_unique<BlockPool>(BlockPoolParams{blocks, params.enable_prefix_caching});
}

void push_waiting(EngineState& state, QueueOrder order, Sequence& sequence, TimePoint now) {
  sequence.unscheduled = sequence.known - sequence.computed;
  sequence.prefill_end = sequence.known;
  sequence.prefilled_before = state.prefilled;
  state.pending_tokens += sequence.unscheduled;
  sequence.queued_at = now;
  state.waiting_meter.enter(now);
  insert_waiting(state, order, sequence, false);
}

bool remove_waiting(EngineState& state, Sequence& sequence, TimePoint now) {
  const auto at = std::find(state.waiting.begin(), state.waiting.end(), &sequence);
  if (at == state.waiting.end()) return false;
  state.waiting.erase(at);
  state.waiting_meter.leave(sequence.queued_at, now);
  state.pending_tokens -= sequence.unscheduled;
  sequence.unscheduled = 0;
  forget_load(state, sequence);
  return true;
}

void return_to_queue(EngineState& state, QueueOrder order, Sequence& sequence, TimePoint now, ReturnTo where) {
  ++state.preemptions;
  ++sequence.record->preemptions;
  drop_kv(state, sequence);
  state.pending_tokens += sequence.known - sequence.unscheduled;
  sequence.unscheduled = sequence.known;
  sequence.prefill_end = sequence.known;
  sequence.prefilled_before = state.prefilled;
  sequence.queued_at = now;
  state.waiting_meter.enter(now);
  insert_waiting(state, order, sequence, where == ReturnTo::front);
  if (sequence.prefill_only) state.returned.push_back(&sequence);
}

void seal_full_blocks(EngineState& state, Sequence& sequence, std::int64_t tokens) {
  if (!state.memory->caches()) return;
  const std::int64_t size = state.block_size.value();
  const std::int64_t findable = sequence.cache_output ? tokens : std::min(tokens, sequence.prompt());
  const std::int64_t full = findable / size;
  if (full <= sequence.sealed) return keep_state(state, sequence, tokens);
  if (static_cast<std::int64_t>(sequence.keys->size()) < full) {
    state.keys_of(sequence).extend_keys(sequence.request->prompt, SegmentId::output_of(sequence.request->id),
                                        Tokens{findable - sequence.prompt()}, *sequence.keys);
  }
  state.memory->publish(sequence.blocks, static_cast<std::size_t>(sequence.sealed),
                        std::span{*sequence.keys}.first(static_cast<std::size_t>(full)),
                        static_cast<std::size_t>(sequence.prefill_end / size));
  sequence.sealed = full;
  keep_state(state, sequence, tokens);
}

void forget_load(EngineState& state, Sequence& sequence) {
  const bool waits = sequence.waits_for == WaitReason::remote_kv;
  if (!waits && !sequence.gap && !sequence.loads_with_step) return;
  if (waits) sequence.waits_for = WaitReason::none;
  sequence.gap.reset();
  sequence.loads_with_step = false;
  state.connector->forget(sequence);
}

void close_gap(EngineState& state, Sequence& sequence) {
  if (!sequence.gap || !sequence.gap->filled || sequence.scheduled() < sequence.gap->from) return;
  const std::int64_t loaded = sequence.gap->until - sequence.scheduled();
  if (sequence.gap->counts_as_hit) sequence.record->hit_prompt_kv += Tokens{loaded};
  sequence.gap.reset();
  // Of a prompt that ends with the gap the last token is computed: its output is the next one.
  const std::int64_t skipped = std::min(loaded, sequence.known - 1 - sequence.scheduled());
  sequence.computed += skipped;
  const std::int64_t queued = std::min(sequence.unscheduled, skipped);
  sequence.unscheduled -= queued;
  state.pending_tokens -= queued;
}

void drop_kv(EngineState& state, Sequence& sequence) {
  forget_load(state, sequence);
  state.memory->release(sequence.blocks);
  state.memory->release(sequence.state);
  state.memory->release(sequence.kept);
  sequence.kept_at = 0;
  sequence.lost = std::max(sequence.lost, sequence.computed);
  sequence.computed = 0;
  sequence.held = 0;
  sequence.sealed = 0;
  sequence.flying = 0;
  ++sequence.epoch;
}

bool hold_blocks(EngineState& state, Sequence& sequence, std::int64_t blocks) {
  if (!state.memory->allocate(blocks, sequence.blocks)) return false;
  sequence.held += blocks;
  return true;
}

}  // namespace cleave

// Sequences that come and go, and the memory they hold.
#include <algorithm>

#include "models/units/check.h"
#include "sim/engine/replica.h"
#include "sim/engine/rules.h"
#include "sim/engine/state_cache.h"

namespace cleave {

// --- sequences ---------------------------------------------------------------------------------------------------

void Replica::enqueue(Sequence& sequence) {
  SIM_CHECK(up_, "a sequence queued on a replica that is down");
  advance();
  std::erase(receiving_, &sequence);
  push_waiting(state_, params_.engine.queue_order, sequence, kernel_.now());
  wake();
}

void Replica::ready(Sequence& sequence) {
  sequence.waits_for = WaitReason::none;
  wake();
}

std::optional<Tokens> Replica::reserve(Sequence& sequence, Tokens tokens) {
  advance();
  std::int64_t needed = state_.blocks_for(tokens.value());
  if (params_.engine.reserve == KvReservation::output) {
    // Who may never be evicted takes at once all that it can ever fill; of a smaller memory, all there is.
    const std::int64_t most = std::max(needed, state_.memory->total_blocks() - params_.state_blocks);
    needed = std::clamp(blocks_at_end(sequence, params_.engine), needed, most);
  }
  const auto most =
      std::min(sequence.keys->size(), static_cast<std::size_t>(full_blocks(tokens, params_.engine.block_size)));
  const std::span<const BlockKey> keys{sequence.keys->data(), most};
  const auto cached = keys.first(params_.engine.enable_prefix_caching ? state_.memory->match_to_use(keys) : 0);
  const std::int64_t missing = needed - static_cast<std::int64_t>(cached.size());
  // Others here go on writing: so much is left to each of them. Source: sglang/srt/disaggregation/decode.py.
  const auto others = static_cast<std::int64_t>(state_.running.size() + state_.waiting.size() + receiving_.size());
  const std::int64_t kept =
      others == 0 ? 0 : (others + 1) * state_.blocks_for(params_.engine.reserved_decode_tokens.value());
  const std::int64_t free = state_.memory->free_blocks();
  if (missing + params_.state_blocks + state_.memory->idle_among(cached) + kept > free) return std::nullopt;
  state_.memory->acquire(cached, sequence.blocks);
  SIM_CHECK(state_.memory->allocate(missing, sequence.blocks) &&
                state_.memory->allocate(params_.state_blocks, sequence.state),
            "blocks vanished between check and allocation");
  sequence.held = needed;
  sequence.sealed = static_cast<std::int64_t>(cached.size());
  receiving_.push_back(&sequence);
  interrupt();
  return Tokens{static_cast<std::int64_t>(cached.size()) * params_.engine.block_size.value()};
}

bool Replica::has_starved() {
  advance();
  return !state_.waiting.empty() && state_.waiting.front()->blocks.empty();
}

void Replica::deliver(Sequence& sequence, Tokens tokens, std::span<const KvOrigin> origins) {
  advance();
  const std::span<const BlockKey> keys{*sequence.keys};
  const auto named = std::min(origins.size(), static_cast<std::size_t>(full_blocks(tokens, params_.engine.block_size)));
  // One publication a run of equal origins.
  for (auto from = static_cast<std::size_t>(sequence.sealed); from < named;) {
    std::size_t end = from + 1;
    while (end < named && origins[end] == origins[from]) ++end;
    state_.memory->publish(sequence.blocks, from, keys.first(end), origins[from] == KvOrigin::prefill ? end : from);
    from = end;
  }
  sequence.sealed = std::max(sequence.sealed, static_cast<std::int64_t>(named));
  sequence.prefill_end = sequence.known;
  sequence.computed = std::min(tokens.value(), sequence.known - 1);
  seal_full_blocks(state_, sequence, tokens.value());
}

void Replica::release(Sequence& sequence) {
  advance();
  std::erase(receiving_, &sequence);
  state_.memory->release(sequence.state);
  // A radix tree learns a sequence's output when it leaves.
  if (!state_.memory->publishes_early() && !sequence.blocks.empty()) {
    seal_full_blocks(state_, sequence, std::min(sequence.computed, sequence.known));
  }
  state_.memory->release(sequence.kept);
  sequence.kept_at = 0;
  sequence.held = 0;
  const HoldId id{next_hold_};
  if (state_.connector != nullptr && !sequence.blocks.empty() && state_.connector->left(sequence, id)) {
    ++next_hold_;
    Hold& hold = holds_.emplace_back();
    hold.id = id;
    hold.blocks.swap(sequence.blocks);
    return arm_lease(hold);
  }
  release_blocks(sequence.blocks);
}

void Replica::abort(Sequence& sequence) {
  advance();
  if (!remove_waiting(state_, sequence, kernel_.now())) {
    forget_load(state_, sequence);
    const auto at = std::find(state_.running.begin(), state_.running.end(), &sequence);
    if (at != state_.running.end()) {
      // The steps under way compute it for nothing; it simply is not there when they end.
      settle();
      state_.running.erase(at);
      state_.pending_tokens -= sequence.unscheduled;
      sequence.unscheduled = 0;
      scheduler_->left_running();
    }
  }
  settle();
  forget_in_flight(sequence);
  release(sequence);
}

// --- what the connector tells ------------------------------------------------------------------------------------

void Replica::loaded(Sequence& sequence, Tokens tokens) {
  advance();
  SIM_CHECK(sequence.waits_for == WaitReason::remote_kv, "a load ended that no sequence waits for");
  deliver(sequence, tokens);
  // What is cached now need not be computed: it no longer counts as pending.
  const std::int64_t skipped = std::min(sequence.unscheduled, sequence.computed);
  sequence.unscheduled -= skipped;
  state_.pending_tokens -= skipped;
  ready(sequence);
}

void Replica::step_load_failed(Sequence& sequence, Tokens tokens) {
  advance();
  forget_in_flight(sequence);
  sequence.loads_with_step = false;
  const std::int64_t lost = sequence.computed - tokens.value();
  sequence.computed = tokens.value();
  const std::int64_t again = sequence.known - sequence.computed - sequence.unscheduled;
  sequence.unscheduled += again;
  state_.pending_tokens += again;
  sequence.record->hit_prompt_kv -= Tokens{std::min(lost, sequence.hits_with_step)};
  wake();
}

void Replica::gap_filled(Sequence& sequence, std::optional<std::int64_t> from) {
  advance();
  SIM_CHECK(sequence.gap.has_value(), "a load from the back ended that nobody waited for");
  if (from) {
    sequence.gap->from = *from;
    sequence.gap->filled = true;
    close_gap(state_, sequence);
  } else {
    sequence.gap.reset();
  }
  wake();
}

void Replica::arm_lease(Hold& hold) {
  const auto lease = state_.connector->lease();
  if (!lease) return;
  kernel_.cancel(hold.lease);
  hold.lease = kernel_.at(kernel_.now() + *lease, {Phase::decision}, [this, id = hold.id] {
    const auto at = std::find_if(holds_.begin(), holds_.end(), [&](const Hold& h) { return h.id == id; });
    if (at == holds_.end()) return;
    std::vector<BlockId> blocks = std::move(at->blocks);
    holds_.erase(at);
    release_blocks(blocks);
    state_.connector->expired(id);
  });
}

void Replica::free_hold(HoldId id) {
  const auto at = std::find_if(holds_.begin(), holds_.end(), [&](const Hold& h) { return h.id == id; });
  if (at == holds_.end()) return;
  kernel_.cancel(at->lease);
  std::vector<BlockId> blocks = std::move(at->blocks);
  holds_.erase(at);
  release_blocks(blocks);
}

void Replica::renew_hold(HoldId id) {
  const auto at = std::find_if(holds_.begin(), holds_.end(), [&](const Hold& h) { return h.id == id; });
  if (at != holds_.end()) arm_lease(*at);
}

// --- memory ------------------------------------------------------------------------------------------------------

void Replica::release_blocks(std::vector<BlockId>& blocks) {
  advance();
  if (blocks.empty()) return;
  state_.memory->release(blocks);
  if (!state_.waiting.empty()) wake();
  listener_.on_blocks_freed();
}

Tokens Replica::cached_prefix(std::span<const BlockKey> keys) {
  advance();
  const auto cached = startable(state_, keys.first(state_.memory->match(keys)));
  return Tokens{static_cast<std::int64_t>(cached.size()) * params_.engine.block_size.value()};
}

void Replica::pin(std::span<const BlockKey> keys, std::size_t from, std::vector<BlockId>& out) {
  advance();
  state_.memory->pin(keys, from, out);
  pin_state(keys, out);
  interrupt();
}

void Replica::pin_own(std::span<const BlockKey> keys, const Sequence& holder, std::vector<BlockId>& out) {
  advance();
  state_.memory->pin_own(keys, holder.blocks, out);
  pin_state(keys, out);
  interrupt();
}

/// What is read with the keys before it.
void Replica::pin_state(std::span<const BlockKey> keys, std::vector<BlockId>& out) {
  if (const auto state = state_keys(state_, keys.back()); state_.memory->match(state) == state.size()) {
    std::vector<BlockId> kept;
    state_.memory->acquire(state, kept);
    out.insert(out.end(), kept.begin(), kept.end());
  }
}

std::int64_t Replica::arriving_blocks() const {
  std::int64_t blocks = 0;
  for (const Sequence* sequence : receiving_) blocks += sequence->held - sequence->sealed;
  for (const Sequence* sequence : state_.waiting) {
    if (sequence->waits_for == WaitReason::remote_kv) blocks += sequence->held - sequence->sealed;
  }
  return blocks;
}

std::int64_t Replica::store(std::span<const BlockKey> keys, std::size_t from) {
  advance();
  const std::int64_t stored = state_.memory->store(keys, from);
  interrupt();
  return stored;
}

std::vector<Sequence*> Replica::crash() {
  settle();
  if (!flying_.empty() && flying_.front()->begun) {
    usage_.busy += kernel_.now() - std::max(flying_.front()->start, busy_until_);
  }
  busy_until_ = kernel_.now();
  if (armed_) kernel_.cancel(event_);
  armed_ = false;
  while (!flying_.empty()) {
    recycle(std::move(flying_.back()));
    flying_.pop_back();
  }
  std::fill(stage_free_.begin(), stage_free_.end(), kernel_.now());
  std::vector<Sequence*> lost = state_.running;
  for (Sequence* sequence : state_.waiting) {
    state_.waiting_meter.leave(sequence->queued_at, kernel_.now());
    lost.push_back(sequence);
  }
  for (Sequence* sequence : lost) {
    forget_load(state_, *sequence);
    sequence->unscheduled = 0;
    sequence->blocks.clear();
    sequence->state.clear();
    sequence->kept.clear();
    sequence->kept_at = 0;
    sequence->held = sequence->flying = sequence->flying_outputs = 0;
    sequence->waits_for = WaitReason::none;
    ++sequence->epoch;
  }
  for (Hold& hold : holds_) kernel_.cancel(hold.lease);
  holds_.clear();
  receiving_.clear();
  state_.running.clear();
  state_.waiting.clear();
  state_.pending_tokens = 0;
  state_.memory->clear();
  scheduler_->left_running();
  scheduler_->idle();
  up_ = false;
  return lost;
}

std::int64_t Replica::waiting() {
  advance();
  return state_.waiting_meter.length();
}

std::int64_t Replica::running() {
  advance();
  return static_cast<std::int64_t>(state_.running.size());
}

std::int64_t Replica::pending_tokens() {
  advance();
  return state_.pending_tokens;
}

const KvMemory& Replica::pool() {
  advance();
  return *state_.memory;
}

ReplicaUsage Replica::usage() {
  advance();
  ReplicaUsage usage = usage_;
  if (!flying_.empty() && flying_.front()->begun) {
    const TimePoint from = std::max(flying_.front()->start, busy_until_);
    if (kernel_.now() > from) usage.busy += kernel_.now() - from;
  }
  return usage;
}

}  // namespace cleave

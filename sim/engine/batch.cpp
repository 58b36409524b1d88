#include "sim/engine/batch.h"

#include <algorithm>
#include <tuple>

#include "models/units/check.h"

namespace cleave {
namespace {

/// Smaller is more urgent. The request's number breaks ties of arrival.
auto urgency(const Sequence& s) {
  return std::tuple(s.priority, s.request->arrival, s.request->id);
}

std::int64_t blocks_for(const EngineState& state, std::int64_t tokens) {
  return blocks_needed(Tokens{tokens}, state.keys.block_size());
}

/// Tokens a sequence may compute in this step.
std::int64_t wanted(const Sequence& sequence, const EngineParams& params, std::int64_t budget) {
  std::int64_t tokens = sequence.known - sequence.computed;
  const std::int64_t threshold = params.long_prefill_token_threshold.value();
  if (threshold > 0) tokens = std::min(tokens, threshold);
  return std::min(tokens, budget);
}

void schedule(EngineState& state, Sequence& sequence, std::int64_t tokens, std::vector<BatchEntry>& batch) {
  const std::int64_t from_queue = std::min(tokens, sequence.unscheduled);
  sequence.unscheduled -= from_queue;
  state.pending_tokens -= from_queue;
  batch.push_back({&sequence, tokens});
}

/// Who holds memory already goes ahead of those who wait for some, or the two could wait for each other. Among equals:
/// by urgency, or in order of coming, with those who were pre-empted first.
void insert_waiting(EngineState& state, QueueOrder order, Sequence& sequence, bool preempted) {
  if (order == QueueOrder::fcfs && sequence.blocks.empty() && !preempted) return state.waiting.push_back(&sequence);
  const auto before = [&](const Sequence* other) {
    if (other->blocks.empty() != sequence.blocks.empty()) return sequence.blocks.empty();
    if (order == QueueOrder::priority) return urgency(*other) < urgency(sequence);
    return !preempted;
  };
  const auto at = std::find_if_not(state.waiting.begin(), state.waiting.end(), before);
  state.waiting.insert(at, &sequence);
}

class VllmScheduler {
 public:
  VllmScheduler(EngineState& state, const EngineParams& params, TimePoint now, std::vector<BatchEntry>& batch)
      : state_(state), params_(params), now_(now), batch_(batch), budget_(params.max_num_batched_tokens.value()) {}

  bool run() {
    schedule_running();
    for (const BatchEntry& entry : batch_) {
      seal_full_blocks(state_, *entry.sequence, entry.sequence->computed + entry.tokens);
    }
    if (!preempted_) admit_waiting();
    return preempted_;
  }

 private:
  void schedule_running() {
    for (std::size_t i = 0; i < state_.running.size() && budget_ > 0; ++i) {
      Sequence& sequence = *state_.running[i];
      const std::int64_t tokens = wanted(sequence, params_, budget_);
      if (tokens == 0) continue;
      if (!make_room(sequence, tokens)) break;
      // A victim that stood earlier in the list moves this sequence down.
      while (state_.running[i] != &sequence) --i;
      budget_ -= tokens;
      schedule(state_, sequence, tokens, batch_);
    }
  }

  /// Finds blocks for a running sequence, preempting others, at last itself. False: it was preempted.
  bool make_room(Sequence& sequence, std::int64_t tokens) {
    const auto missing =
        blocks_for(state_, sequence.computed + tokens) - static_cast<std::int64_t>(sequence.blocks.size());
    while (missing > 0 && !state_.pool.allocate(missing, sequence.blocks)) {
      Sequence& victim = choose_victim();
      preempt(victim);
      if (&victim == &sequence) return false;
    }
    return true;
  }

  Sequence& choose_victim() const {
    if (params_.queue_order == QueueOrder::fcfs) return *state_.running.back();
    return **std::max_element(state_.running.begin(), state_.running.end(),
                              [](const Sequence* a, const Sequence* b) { return urgency(*a) < urgency(*b); });
  }

  void preempt(Sequence& victim) {
    preempted_ = true;
    ++state_.preemptions;
    ++victim.record->preemptions;
    const auto scheduled =
        std::find_if(batch_.begin(), batch_.end(), [&](const BatchEntry& entry) { return entry.sequence == &victim; });
    if (scheduled != batch_.end()) {
      budget_ += scheduled->tokens;
      batch_.erase(scheduled);
    }
    std::erase(state_.running, &victim);
    drop_kv(state_, victim);
    state_.pending_tokens += victim.known - victim.unscheduled;
    victim.unscheduled = victim.known;
    victim.prefill_end = victim.known;
    victim.queued_at = now_;
    state_.waiting_meter.enter(now_);
    insert_waiting(state_, params_.queue_order, victim, true);
  }

  void admit_waiting() {
    do {
      while (!state_.waiting.empty() && budget_ > 0 &&
             static_cast<std::int64_t>(state_.running.size()) < params_.max_num_seqs) {
        if (!admit(*state_.waiting.front())) break;  // head of line
      }
    } while (batch_.empty() && state_.running.empty() && take_from_last_holder());
  }

  /// Nobody runs and the head finds no room: those who wait with memory in hand hold each other up. The last of them
  /// gives its memory back and will be computed again. Returns whether there was one besides the head.
  bool take_from_last_holder() {
    for (std::size_t i = state_.waiting.size(); i-- > 1;) {
      Sequence& holder = *state_.waiting[i];
      if (holder.blocks.empty()) continue;
      state_.waiting.erase(state_.waiting.begin() + static_cast<std::ptrdiff_t>(i));
      ++state_.preemptions;
      ++holder.record->preemptions;
      drop_kv(state_, holder);
      state_.pending_tokens += holder.known - holder.unscheduled;
      holder.unscheduled = holder.known;
      holder.prefill_end = holder.known;
      insert_waiting(state_, params_.queue_order, holder, true);
      return true;
    }
    return false;
  }

  bool admit(Sequence& sequence) {
    const auto keys = cached_keys(sequence);
    const std::int64_t hit = static_cast<std::int64_t>(keys.size()) * state_.keys.block_size().value();
    const std::int64_t computed = sequence.blocks.empty() ? hit : sequence.computed;
    std::int64_t tokens = sequence.known - computed;
    const std::int64_t threshold = params_.long_prefill_token_threshold.value();
    if (threshold > 0) tokens = std::min(tokens, threshold);
    if (tokens > budget_) {
      if (!params_.enable_chunked_prefill) return false;
      tokens = budget_;
    }
    const auto held = static_cast<std::int64_t>(sequence.blocks.size() + keys.size());
    const std::int64_t missing = std::max<std::int64_t>(0, blocks_for(state_, computed + tokens) - held);
    const std::int64_t state = sequence.state.empty() ? state_.state_blocks : 0;
    const std::int64_t idle = state_.pool.idle_among(keys);
    // The reserve applies only when something is scheduled already, so that an empty engine always admits.
    const std::int64_t reserve = batch_.empty() ? 0 : watermark_blocks();
    if (missing + state + idle + (missing > 0 ? reserve : 0) > state_.pool.free_blocks()) return false;

    state_.waiting.pop_front();
    state_.waiting_meter.leave(sequence.queued_at, now_);
    state_.running.push_back(&sequence);
    take_hits(sequence, keys, computed);
    SIM_CHECK(state_.pool.allocate(missing, sequence.blocks) && state_.pool.allocate(state, sequence.state),
              "blocks vanished between check and allocation");
    budget_ -= tokens;
    schedule(state_, sequence, tokens, batch_);
    seal_full_blocks(state_, sequence, sequence.computed + tokens);
    return true;
  }

  /// The leading keys of a sequence that can be reused: full blocks only, and never the last known token.
  std::span<const BlockKey> cached_keys(const Sequence& sequence) const {
    if (!params_.enable_prefix_caching || !sequence.blocks.empty()) return {};
    const std::int64_t most = full_blocks(Tokens{sequence.known - 1}, state_.keys.block_size());
    const auto count = std::min(sequence.keys->size(), static_cast<std::size_t>(most));
    const std::span<const BlockKey> keys{sequence.keys->data(), count};
    return keys.first(state_.pool.match(keys));
  }

  void take_hits(Sequence& sequence, std::span<const BlockKey> keys, std::int64_t computed) {
    const bool first_time = !sequence.record->first_scheduled;
    const Tokens block = state_.keys.block_size();
    const Tokens decoded{first_time ? state_.pool.decoded_among(keys) * block.value() : 0};
    state_.pool.acquire(keys, sequence.blocks);
    sequence.sealed = std::max(sequence.sealed, static_cast<std::int64_t>(keys.size()));
    const std::int64_t skipped = std::min(sequence.unscheduled, computed - sequence.computed);
    if (skipped > 0) {
      sequence.unscheduled -= skipped;
      state_.pending_tokens -= skipped;
    }
    sequence.computed = computed;
    sequence.record->recomputed += Tokens{std::max<std::int64_t>(0, sequence.lost - computed)};
    sequence.lost = 0;
    if (!first_time) return;
    sequence.record->first_scheduled = now_;
    sequence.record->hit_decode_kv += decoded;
    sequence.record->hit_prompt_kv += Tokens{static_cast<std::int64_t>(keys.size()) * block.value()} - decoded;
  }

  std::int64_t watermark_blocks() const {
    return static_cast<std::int64_t>(params_.watermark * static_cast<double>(state_.pool.total_blocks()));
  }

  EngineState& state_;
  const EngineParams& params_;
  TimePoint now_;
  std::vector<BatchEntry>& batch_;
  std::int64_t budget_;
  bool preempted_ = false;
};

}  // namespace

void push_waiting(EngineState& state, QueueOrder order, Sequence& sequence, TimePoint now) {
  sequence.unscheduled = sequence.known - sequence.computed;
  sequence.prefill_end = sequence.known;
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
  return true;
}

bool form_batch(EngineState& state, const EngineParams& params, TimePoint now, std::vector<BatchEntry>& batch) {
  batch.clear();
  return VllmScheduler{state, params, now, batch}.run();
}

void seal_full_blocks(EngineState& state, Sequence& sequence, std::int64_t tokens) {
  if (!state.pool.caches()) return;
  const std::int64_t size = state.keys.block_size().value();
  const std::int64_t findable = sequence.cache_output ? tokens : std::min(tokens, sequence.prompt());
  const std::int64_t full = findable / size;
  if (full <= sequence.sealed) return;
  if (static_cast<std::int64_t>(sequence.keys->size()) < full) {
    state.keys.extend_keys(sequence.request->prompt, SegmentId::output_of(sequence.request->id),
                           Tokens{findable - sequence.prompt()}, *sequence.keys);
  }
  for (; sequence.sealed < full; ++sequence.sealed) {
    const auto i = static_cast<std::size_t>(sequence.sealed);
    if (sequence.sealed + 12 < full) state.pool.prefetch((*sequence.keys)[i + 12]);
    const bool decoded = (sequence.sealed + 1) * size > sequence.prefill_end;
    state.pool.seal(sequence.blocks[i], (*sequence.keys)[i], decoded ? KvOrigin::decode : KvOrigin::prefill);
  }
}

void drop_kv(EngineState& state, Sequence& sequence) {
  state.pool.release(sequence.blocks);
  state.pool.release(sequence.state);
  sequence.lost = std::max(sequence.lost, sequence.computed);
  sequence.computed = 0;
  sequence.sealed = 0;
}

}  // namespace cleave

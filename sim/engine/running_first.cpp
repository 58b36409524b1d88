// Running sequences first, then waiting ones, in one batch within a token budget: vLLM V1's rule, and by its settings
// Sarathi's, Orca's and TensorRT-LLM's. Source: vllm/v1/core/sched/scheduler.py.
#include <algorithm>

#include "models/units/check.h"
#include "sim/engine/admission.h"
#include "sim/engine/rules.h"
#include "sim/engine/scheduler.h"
#include "sim/engine/state_cache.h"

namespace cleave {
namespace {

/// One step's batch in the making.
class Former {
 public:
  Former(EngineState& state, const EngineParams& params, TimePoint now, std::vector<BatchEntry>& batch)
      : state_(state), params_(params), now_(now), batch_(batch), budget_(params.max_num_batched_tokens.value()) {}

  bool run() {
    state_.lookups.forget();
    state_.kept_in_step.clear();
    state_.may_fit_later = false;
    if (params_.decodes_first) {
      schedule_running([](const Sequence& s) { return is_decode(s); }) &&
          schedule_running([](const Sequence& s) { return !is_decode(s); });
    } else {
      schedule_running([](const Sequence&) { return true; });
    }
    if (state_.memory->publishes_early()) {
      for (const BatchEntry& entry : batch_) seal(*entry.sequence);
    }
    if (!preempted_) admit_waiting();
    return preempted_;
  }

 private:
  enum class Admitted : std::uint8_t { yes, passed_over, stop };

  static bool is_decode(const Sequence& s) { return s.generated + s.flying_outputs > 0 && uncomputed(s, true) <= 1; }

  /// Returns false when memory ran out.
  template <class Chosen>
  bool schedule_running(const Chosen& chosen) {
    for (std::size_t i = 0; i < state_.running.size() && budget_ > 0; ++i) {
      Sequence& sequence = *state_.running[i];
      if (!chosen(sequence) || surely_ends(sequence, params_)) continue;
      const std::int64_t base = computable(state_, sequence, params_.async_scheduling, budget_);
      if (base <= 0) continue;
      const std::int64_t drafts = drafts_for(sequence, params_);
      std::int64_t tokens = std::min(clip_to_threshold(base + drafts, params_.long_prefill_token_threshold), budget_);
      tokens = std::min(tokens, params_.max_model_len.value() - sequence.scheduled());
      tokens = cut_to_keep_state(state_, sequence, sequence.scheduled(), tokens);
      if (tokens <= 0 || !within_partial_limits(sequence, tokens)) continue;
      if (!make_room(sequence, tokens)) return false;
      // A victim that stood earlier in the list moves this sequence down.
      while (state_.running[i] != &sequence) --i;
      budget_ -= tokens;
      schedule(state_, sequence, tokens, std::max<std::int64_t>(0, tokens - base), batch_);
    }
    return true;
  }

  bool within_partial_limits(const Sequence& sequence, std::int64_t tokens) const {
    if (!params_.max_num_partial_prefills && !params_.max_long_partial_prefills) return true;
    return sequence.computed > 0 || may_be_partial(state_.running, sequence, tokens, params_);
  }

  /// Finds blocks for a running sequence, preempting others, at last itself. False: it was preempted.
  bool make_room(Sequence& sequence, std::int64_t tokens) {
    const std::int64_t lookahead = sequence.generated > 0 ? params_.speculation.draft_tokens : 0;
    const std::int64_t missing =
        std::max<std::int64_t>(0, state_.blocks_for(sequence.scheduled() + tokens + lookahead) - sequence.held);
    const std::int64_t end = std::min(sequence.scheduled() + tokens, sequence.known);
    // Who was promised not to be preempted is not for the sake of a state: it is kept only where there is room.
    const bool promised = params_.reserve == KvReservation::output;
    const std::int64_t to_keep = promised ? 0 : blocks_to_keep_state(state_, sequence, end);
    const auto take = [&] {
      return missing + to_keep <= state_.memory->free_blocks() && hold_blocks(state_, sequence, missing);
    };
    while (missing + to_keep > 0 && !take()) {
      Sequence& victim = choose_victim(state_.running, params_.queue_order);
      preempt(victim);
      if (&victim == &sequence) return false;
    }
    return true;
  }

  void preempt(Sequence& victim) {
    preempted_ = true;
    const auto scheduled =
        std::find_if(batch_.begin(), batch_.end(), [&](const BatchEntry& entry) { return entry.sequence == &victim; });
    if (scheduled != batch_.end()) {
      budget_ += scheduled->tokens;
      unschedule(*scheduled);
      batch_.erase(scheduled);
    }
    std::erase(state_.running, &victim);
    return_to_queue(state_, params_.queue_order, victim, now_, ReturnTo::front);
  }

  void admit_waiting() {
    do {
      std::size_t i = 0;
      while (i < state_.waiting.size() && budget_ > 0 &&
             static_cast<std::int64_t>(state_.running.size()) < params_.max_num_seqs) {
        const Admitted admitted = admit(i);
        if (admitted == Admitted::stop) break;  // head of line
        i += admitted == Admitted::passed_over ? 1 : 0;
      }
    } while (batch_.empty() && state_.running.empty() && !state_.waiting.empty() &&
             take_from_last_holder(state_, params_.queue_order, now_, *state_.waiting.front()));
  }

  Admitted admit(std::size_t index) {
    Sequence& sequence = *state_.waiting[index];
    if (sequence.waits_for != WaitReason::none || sequence.flying_outputs > 0) return Admitted::passed_over;
    if (!adapter_fits(state_.running, sequence, params_)) return Admitted::passed_over;
    close_gap(state_, sequence);
    Prefix prefix = look_up(state_, sequence, params_.enable_prefix_caching);
    count_lookup(sequence, prefix);
    const auto match = ask_connector(state_, sequence, prefix);
    if (!match) return Admitted::passed_over;
    const Tokens local{prefix.computed};
    if (match->tokens > Tokens{0}) {
      if (match->mode == LoadMode::while_waiting) {
        return park_for_load(state_, sequence, prefix, *match) ? Admitted::passed_over : Admitted::stop;
      }
      if (match->mode == LoadMode::from_the_back) return admit_meeting(index, prefix, *match);
      prefix.external = match->tokens.value();
      prefix.computed = std::min(prefix.computed + prefix.external, sequence.known - 1);
    }
    // What a gap leaves at the moment: nothing, if the load comes sooner than computing would.
    const std::int64_t open =
        sequence.gap ? computable(state_, sequence, false, budget_) : sequence.known - prefix.computed;
    if (open <= 0) return Admitted::passed_over;
    const std::int64_t wanted = clip_to_threshold(open, params_.long_prefill_token_threshold);
    auto tokens = first_chunk(wanted, budget_, params_.enable_chunked_prefill);
    if (!tokens) return Admitted::stop;
    tokens = cut_to_keep_state(state_, sequence, prefix.computed, *tokens);
    if (*tokens == 0 || state_of_this_step(prefix)) return Admitted::stop;
    if (!within_partial_limits(sequence, *tokens)) return Admitted::passed_over;
    if (!has_room(sequence, prefix, prefix.computed + *tokens)) {
      state_.may_fit_later = fits_without_prefix(sequence, prefix);
      return Admitted::stop;
    }

    state_.lookups.forget();
    start_running(state_, index, now_);
    take_blocks(state_, sequence, prefix, prefix.computed + *tokens, now_);
    if (prefix.external > 0) {
      state_.lookups.found_elsewhere(sequence, Tokens{prefix.external});
      state_.connector->allocated(sequence, local, *match);
    }
    budget_ -= *tokens;
    schedule(state_, sequence, *tokens, 0, batch_);
    if (state_.memory->publishes_early()) seal(sequence);
    return Admitted::yes;
  }

  void count_lookup(const Sequence& sequence, const Prefix& prefix) {
    state_.lookups.forget();
    if (!params_.enable_prefix_caching || !sequence.blocks.empty() || sequence.record->preemptions > 0) return;
    state_.lookups.again_queries = static_cast<std::uint64_t>(sequence.known);
    state_.lookups.again_hits = static_cast<std::uint64_t>(prefix.computed);
    state_.lookups.repeat();
  }

  /// A state is not there before the step that computes it has ended.
  /// Source: cached_blocks_this_step of MambaManager, vllm/v1/core/single_type_kv_cache_manager.py.
  bool state_of_this_step(const Prefix& prefix) const {
    return !prefix.state.empty() && std::find(state_.kept_in_step.begin(), state_.kept_in_step.end(),
                                              prefix.state.front()) != state_.kept_in_step.end();
  }

  /// A load from the back takes memory for all that it may bring; the front is computed in this step already.
  Admitted admit_meeting(std::size_t index, const Prefix& prefix, const ConnectorMatch& match) {
    Sequence& sequence = *state_.waiting[index];
    if (!has_room(sequence, prefix, prefix.computed + match.tokens.value())) return Admitted::stop;
    start_meeting(state_, index, prefix, match, now_);
    const std::int64_t open = std::min(computable(state_, sequence, false, budget_), budget_);
    const std::int64_t tokens = clip_to_threshold(open, params_.long_prefill_token_threshold);
    if (tokens <= 0) return Admitted::yes;
    budget_ -= tokens;
    schedule(state_, sequence, tokens, 0, batch_);
    if (state_.memory->publishes_early()) seal(sequence);
    return Admitted::yes;
  }

  bool has_room(const Sequence& sequence, const Prefix& prefix, std::int64_t tokens) const {
    const std::int64_t free = state_.memory->free_blocks();
    const std::int64_t now = blocks_missing(state_, sequence, prefix, tokens);
    // The reserve applies only when something is scheduled already, so that an empty engine always admits.
    if (now + (now > 0 && !batch_.empty() ? watermark_blocks(params_, *state_.memory) : 0) > free) return false;
    if (params_.reserve == KvReservation::prompt) {
      return blocks_missing(state_, sequence, prefix, sequence.known) <= free;
    }
    if (params_.reserve != KvReservation::output) return true;
    const std::int64_t at_end = blocks_at_end(sequence, params_) * params_.block_size.value();
    return blocks_missing(state_, sequence, prefix, at_end) + blocks_promised(state_.running, params_) <= free;
  }

  /// Whether who finds no room with what is cached for it may find some when that is evicted: its first chunk ends
  /// earlier then.
  bool fits_without_prefix(const Sequence& sequence, const Prefix& prefix) const {
    const auto held = static_cast<std::int64_t>(prefix.keys.size()) - state_.memory->idle_among(prefix.keys);
    std::int64_t blocks = 0;
    if (params_.reserve == KvReservation::output) {
      blocks = blocks_at_end(sequence, params_) + blocks_promised(state_.running, params_);
    } else if (params_.reserve == KvReservation::prompt) {
      blocks = state_.blocks_for(sequence.known);
    } else {
      const std::int64_t most = clip_to_threshold(sequence.known, params_.long_prefill_token_threshold);
      blocks = state_.blocks_for(cut_to_keep_state(state_, sequence, 0, std::min(most, budget_)));
    }
    const std::int64_t constant = sequence.state.empty() ? state_.state_blocks : 0;
    return blocks - held + constant <= state_.memory->free_blocks();
  }

  /// Content is findable when its computation is scheduled, as far as its tokens are known.
  void seal(Sequence& sequence) { seal_full_blocks(state_, sequence, std::min(sequence.scheduled(), sequence.known)); }

  EngineState& state_;
  const EngineParams& params_;
  TimePoint now_;
  std::vector<BatchEntry>& batch_;
  std::int64_t budget_;
  bool preempted_ = false;
};

class RunningFirst final : public Scheduler {
 public:
  explicit RunningFirst(const EngineParams& params) : params_(params) {}
  bool form(EngineState& state, TimePoint now, std::vector<BatchEntry>& batch) override {
    return Former{state, params_, now, batch}.run();
  }

 private:
  EngineParams params_;
};

}  // namespace

std::unique_ptr<Scheduler> make_running_first(const EngineParams& params) {
  return std::make_unique<RunningFirst>(params);
}

std::unique_ptr<Scheduler> make_scheduler(const EngineParams& params) {
  switch (params.scheduler) {
    case SchedulerKind::running_first:
      return make_running_first(params);
    case SchedulerKind::prefill_first:
      return make_prefill_first(params);
    case SchedulerKind::static_batch:
      return make_static_batch(params);
  }
  return nullptr;
}

}  // namespace cleave

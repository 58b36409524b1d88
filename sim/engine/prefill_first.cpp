// Prompts are computed alone as long as one can be admitted; else every running sequence decodes: SGLang's rule, and by
// its settings vLLM V0's. Source: sglang/srt/managers/scheduler.py and schedule_policy.py (PrefillAdder).
#include <algorithm>

#include "models/units/check.h"
#include "sim/engine/admission.h"
#include "sim/engine/queue_order.h"
#include "sim/engine/rules.h"
#include "sim/engine/scheduler.h"
#include "sim/engine/state_cache.h"

namespace cleave {
namespace {

/// What is left for prompts in one step, in tokens.
struct PrefillBudget {
  double memory = 0;  // free and evictable, less what running sequences are expected to write
  std::int64_t input = 0;
  std::int64_t chunk = 0;

  void charge(std::int64_t tokens, std::int64_t memory_tokens) {
    memory -= static_cast<double>(memory_tokens);
    input -= tokens;
    chunk -= tokens;
  }
  [[nodiscard]] bool used_up() const { return input <= 0 || chunk <= 0; }
};

class PrefillFirst final : public Scheduler {
 public:
  explicit PrefillFirst(const EngineParams& params) : params_(params), ratio_(params.token_estimate) {}

  bool form(EngineState& state, TimePoint now, std::vector<BatchEntry>& batch) override {
    form_prefill(state, now, batch);
    if (!batch.empty()) return false;
    return form_decode(state, now, batch);
  }

  void repeated(std::int64_t steps) override { ratio_.decay(steps); }
  void left_running() override { full_ = false; }
  void idle() override { ratio_.reset(); }

 private:
  enum class Added : std::uint8_t { yes, passed_over, no_token, no_budget };

  [[nodiscard]] std::int64_t page() const { return params_.block_size.value(); }
  [[nodiscard]] std::int64_t whole_pages(std::int64_t tokens) const { return (tokens + page() - 1) / page() * page(); }

  /// The prompt that the last step left unfinished; at most one is, besides those that wait for a load to meet them.
  Sequence* unfinished(EngineState& state) const {
    for (Sequence* sequence : state.running) {
      if (sequence->gap && computable(state, *sequence, false, params_.max_num_batched_tokens.value()) <= 0) continue;
      if (is_unfinished(*sequence)) return sequence;
    }
    return nullptr;
  }
  /// One token left may be a prompt's last or the one to decode from: both are computed alike.
  static bool is_unfinished(const Sequence& sequence) { return sequence.known - sequence.scheduled() > 1; }

  void form_prefill(EngineState& state, TimePoint now, std::vector<BatchEntry>& batch) {
    join_delivered(state, now);
    // Where nobody runs nobody will leave: prefill sides are asked again at each step.
    if (state.running.empty()) full_ = false;
    Sequence* const chunked = unfinished(state);
    if (chunked == nullptr && (full_ || state.waiting.empty())) return;
    PrefillBudget budget = budget_of(state, chunked);
    if (chunked != nullptr) continue_chunk(state, *chunked, budget, batch);
    order_waiting(state, params_);
    for (std::size_t i = 0; i < state.waiting.size();) {
      if (static_cast<std::int64_t>(state.running.size()) >= params_.max_num_seqs) full_ = true;
      if (full_ || budget.used_up()) break;
      const Added added = add(state, i, now, budget, batch);
      if (added == Added::no_token) full_ = true;
      if (added == Added::no_token || added == Added::no_budget) break;
      i += added == Added::passed_over ? 1 : 0;
      if (added == Added::yes && budget.memory <= 0) full_ = true;
    }
    if (batch.empty() && state.running.empty()) admit_against_estimate(state, now, budget, batch);
  }

  /// Sequences whose KV came from a prefill side have nothing left to prefill: they decode with the others.
  void join_delivered(EngineState& state, TimePoint now) {
    for (std::size_t i = 0; i < state.waiting.size();) {
      Sequence& sequence = *state.waiting[i];
      if (sequence.blocks.empty()) break;  // who holds memory stands in front
      const bool ready = sequence.waits_for == WaitReason::none && sequence.known - sequence.computed == 1 &&
                         static_cast<std::int64_t>(state.running.size()) < params_.max_num_seqs;
      if (!ready) {
        ++i;
        continue;
      }
      start_running(state, i, now);
      take_blocks(state, sequence, {{}, sequence.computed, 0, {}}, sequence.computed, now);
    }
  }

  PrefillBudget budget_of(const EngineState& state, const Sequence* chunked) const {
    PrefillBudget budget;
    budget.memory = static_cast<double>(state.memory->free_blocks() * page());
    if (state.memory->unlimited()) budget.memory = 1e18;
    if (params_.reserve == KvReservation::estimate) {
      double expected = 0;
      for (const Sequence* s : state.running) {
        if (s != chunked) expected += static_cast<double>(expected_output(*s, params_)) * ratio_.value();
      }
      budget.memory -= expected;
    } else if (params_.reserve == KvReservation::output) {
      budget.memory -= static_cast<double>(blocks_promised(state.running, params_) * page());
    }
    const std::int64_t most = params_.max_num_batched_tokens.value();
    constexpr std::int64_t kNoLimit = std::int64_t{1} << 60;
    budget.chunk = params_.enable_chunked_prefill ? most : kNoLimit;
    budget.input = params_.max_prefill_tokens ? params_.max_prefill_tokens->value()
                                              : (params_.enable_chunked_prefill ? kNoLimit : most);
    return budget;
  }

  void continue_chunk(EngineState& state, Sequence& sequence, PrefillBudget& budget, std::vector<BatchEntry>& batch) {
    const std::int64_t rest =
        sequence.gap ? sequence.gap->from - sequence.scheduled() : sequence.known - sequence.scheduled();
    const std::int64_t tokens = std::min(rest, budget.chunk);
    const std::int64_t missing = state.blocks_for(sequence.scheduled() + tokens) - sequence.held;
    // Its whole prompt was counted when it was admitted, so there is room unless others came from outside.
    if (missing > 0 && !hold_blocks(state, sequence, missing)) return;
    schedule(state, sequence, tokens, 0, batch);
    budget.charge(whole_pages(tokens), whole_pages(tokens) + (tokens == rest ? expected(sequence) : 0) + page());
  }

  /// What a sequence is expected to write, by the engine's kind of reservation.
  [[nodiscard]] std::int64_t expected(const Sequence& sequence) const {
    switch (params_.reserve) {
      case KvReservation::estimate:
        return expected_output(sequence, params_);
      case KvReservation::output:
        return blocks_at_end(sequence, params_) * page() - sequence.known;
      case KvReservation::step:
      case KvReservation::prompt:
        return 0;
    }
    return 0;
  }

  Added add(EngineState& state, std::size_t index, TimePoint now, PrefillBudget& budget,
            std::vector<BatchEntry>& batch) {
    Sequence& sequence = *state.waiting[index];
    if (sequence.waits_for != WaitReason::none || sequence.flying_outputs > 0) return Added::passed_over;
    if (!adapter_fits(state.running, sequence, params_)) return Added::passed_over;
    close_gap(state, sequence);
    Prefix prefix = look_up(state, sequence, params_.enable_prefix_caching);
    const auto match = ask_connector(state, sequence, prefix);
    if (!match) return Added::passed_over;
    const Tokens local{prefix.computed};
    if (match->tokens > Tokens{0} && match->mode == LoadMode::while_waiting) {
      return park_for_load(state, sequence, prefix, *match) ? Added::passed_over : Added::no_token;
    }
    const bool meets = match->tokens > Tokens{0} && match->mode == LoadMode::from_the_back;
    if (match->tokens > Tokens{0} && !meets) {
      prefix.external = match->tokens.value();
      prefix.computed = std::min(prefix.computed + prefix.external, sequence.known - 1);
    }
    if (sequence.gap && computable(state, sequence, false, budget.chunk) <= 0) return Added::passed_over;
    const std::int64_t extend =
        sequence.gap ? sequence.gap->from - sequence.computed : sequence.known - prefix.computed;
    const std::int64_t new_memory =
        std::max<std::int64_t>(0, sequence.known - local.value() - (sequence.blocks.empty() ? 0 : extend));
    const std::int64_t idle = idle_blocks(state, prefix) * page();
    std::optional<std::int64_t> starts_behind;
    if (!prefix.state.empty()) starts_behind = static_cast<std::int64_t>(prefix.keys.size());
    const std::int64_t states =
        state.state_blocks + blocks_to_keep_state(state, sequence, sequence.known, starts_behind);
    const std::int64_t total = new_memory + expected(sequence) + page() + idle + states * page();
    if (static_cast<double>(total) >= budget.memory) return Added::no_token;
    if (!batch.empty() && whole_pages(extend) >= budget.input) return Added::no_budget;
    if (meets) return add_meeting(state, index, now, prefix, *match, budget, batch);
    std::int64_t tokens = extend;
    if (whole_pages(extend) > budget.chunk) {
      tokens = budget.chunk / page() * page();
      if (tokens <= 0) return Added::no_budget;
    }
    if (blocks_missing(state, sequence, prefix, prefix.computed + tokens) > state.memory->free_blocks()) {
      return Added::no_token;
    }
    start(state, index, prefix, tokens, now, batch);
    if (prefix.external > 0) state.connector->allocated(sequence, local, *match);
    budget.charge(whole_pages(tokens), whole_pages(tokens) + idle + (tokens == extend ? expected(sequence) : 0) + page());
    return Added::yes;
  }

  /// A load from the back takes memory for all that it may bring; the front is computed in this step already.
  Added add_meeting(EngineState& state, std::size_t index, TimePoint now, const Prefix& prefix,
                    const ConnectorMatch& match, PrefillBudget& budget, std::vector<BatchEntry>& batch) {
    Sequence& sequence = *state.waiting[index];
    const std::int64_t until = prefix.computed + match.tokens.value();
    if (blocks_missing(state, sequence, prefix, until) > state.memory->free_blocks()) return Added::no_token;
    start_meeting(state, index, prefix, match, now);
    const std::int64_t tokens =
        std::min(computable(state, sequence, false, budget.chunk), budget.chunk / page() * page());
    budget.charge(std::max<std::int64_t>(0, tokens), whole_pages(until - prefix.computed) + page());
    if (tokens <= 0) return Added::yes;
    schedule(state, sequence, tokens, 0, batch);
    if (state.memory->publishes_early()) {
      seal_full_blocks(state, sequence, std::min(sequence.scheduled(), sequence.known));
    }
    return Added::yes;
  }

  void start(EngineState& state, std::size_t index, const Prefix& prefix, std::int64_t tokens, TimePoint now,
             std::vector<BatchEntry>& batch) {
    Sequence& sequence = *state.waiting[index];
    start_running(state, index, now);
    take_blocks(state, sequence, prefix, prefix.computed + tokens, now);
    schedule(state, sequence, tokens, 0, batch);
    if (state.memory->publishes_early()) {
      seal_full_blocks(state, sequence, std::min(sequence.scheduled(), sequence.known));
    }
  }

  /// Nobody runs, and the estimate of the head's answer is larger than the memory: it is admitted all the same, or it
  /// would wait for ever. If even its prompt finds no room, those who wait with memory in hand give it back.
  void admit_against_estimate(EngineState& state, TimePoint now, PrefillBudget& budget,
                              std::vector<BatchEntry>& batch) {
    while (batch.empty()) {
      const auto ready = std::find_if(state.waiting.begin(), state.waiting.end(), [](const Sequence* s) {
        return s->waits_for == WaitReason::none && !s->gap && s->flying_outputs == 0;
      });
      if (ready == state.waiting.end()) return;
      Sequence& head = **ready;
      const Prefix prefix = look_up(state, head, params_.enable_prefix_caching);
      const std::int64_t tokens = std::min(head.known - prefix.computed, budget.chunk);
      if (blocks_missing(state, head, prefix, head.known) <= state.memory->free_blocks()) {
        return start(state, static_cast<std::size_t>(ready - state.waiting.begin()), prefix, tokens, now, batch);
      }
      if (!take_from_last_holder(state, params_.queue_order, now, head)) return;
    }
  }

  bool form_decode(EngineState& state, TimePoint now, std::vector<BatchEntry>& batch) {
    const bool retracted = retract_if_needed(state, now);
    if (!retracted && !state.running.empty()) ratio_.decay(1);
    for (Sequence* sequence : state.running) {
      if (sequence->gap || surely_ends(*sequence, params_) || is_unfinished(*sequence)) continue;
      const std::int64_t base = uncomputed(*sequence, params_.async_scheduling);
      if (base <= 0) continue;
      SIM_CHECK(hold_blocks(state, *sequence, missing_for_decode(state, *sequence)),
                "decoding found no memory after retraction");
      schedule(state, *sequence, base + drafts_for(*sequence, params_), drafts_for(*sequence, params_), batch);
    }
    if (state.memory->publishes_early()) {
      for (const BatchEntry& entry : batch) {
        Sequence& s = *entry.sequence;
        seal_full_blocks(state, s, std::min(s.scheduled(), s.known));
      }
    }
    return batch.empty() ? give_up_chunk(state, now) || retracted : retracted;
  }

  /// Nothing can be computed but a begun prompt whose next chunk finds no memory: it waits again. Returns whether one
  /// did.
  bool give_up_chunk(EngineState& state, TimePoint now) {
    Sequence* const chunked = unfinished(state);
    if (chunked == nullptr || chunked->flying > 0) return false;
    std::erase(state.running, chunked);
    return_to_queue(state, params_.queue_order, *chunked, now, ReturnTo::back);
    full_ = false;
    return true;
  }

  std::int64_t missing_for_decode(const EngineState& state, const Sequence& sequence) const {
    if (sequence.gap || surely_ends(sequence, params_) || is_unfinished(sequence)) return 0;
    if (uncomputed(sequence, params_.async_scheduling) <= 0) return 0;
    const std::int64_t tokens = 1 + 2 * params_.speculation.draft_tokens;
    return std::max<std::int64_t>(0, state.blocks_for(sequence.scheduled() + tokens) - sequence.held);
  }

  /// Victims go back to the end of the queue until the others have room for some steps more.
  bool retract_if_needed(EngineState& state, TimePoint now) {
    const auto needed = [&] {
      std::int64_t blocks = 0;
      for (const Sequence* s : state.running) blocks += missing_for_decode(state, *s);
      return blocks;
    };
    if (needed() <= state.memory->free_blocks()) return false;
    std::vector<Sequence*> victims;
    for (const std::size_t i : retraction_order(state.running)) victims.push_back(state.running[i]);
    const std::int64_t ahead = state.blocks_for(params_.token_estimate.retract_steps);
    std::size_t gone = 0;
    while (gone < victims.size()) {
      const auto left = static_cast<std::int64_t>(victims.size() - gone);
      const bool room = left * ahead <= state.memory->free_blocks() || left == 1;
      if (gone > 0 && room && needed() <= state.memory->free_blocks()) break;
      Sequence& victim = *victims[gone++];
      std::erase(state.running, &victim);
      return_to_queue(state, params_.queue_order, victim, now, ReturnTo::back);
    }
    full_ = false;
    std::int64_t written = 0;
    std::int64_t permitted = 0;
    for (const Sequence* s : state.running) {
      written += s->generated;
      permitted += output_limit(*s, params_);
    }
    ratio_.after_retraction(written, permitted, static_cast<std::int64_t>(state.running.size()));
    return true;
  }

  EngineParams params_;
  TokenRatio ratio_;
  bool full_ = false;  // nobody was admitted for lack of memory or places, and nobody has left since
};

}  // namespace

std::unique_ptr<Scheduler> make_prefill_first(const EngineParams& params) {
  return std::make_unique<PrefillFirst>(params);
}

}  // namespace cleave

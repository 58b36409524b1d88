// A batch is admitted when the one before it is done; nobody joins meanwhile, and places of those who end early stay
// empty but computed: FasterTransformer's rule. Source: Yu et al., Orca (OSDI 2022), section 2, which describes it.
#include <algorithm>

#include "models/units/check.h"
#include "sim/engine/admission.h"
#include "sim/engine/rules.h"
#include "sim/engine/scheduler.h"

namespace cleave {
namespace {

class StaticBatch final : public Scheduler {
 public:
  explicit StaticBatch(const EngineParams& params) : params_(params) {}

  bool form(EngineState& state, TimePoint now, std::vector<BatchEntry>& batch) override {
    state_ = &state;
    if (state.running.empty()) {
      do {
        admit(state, now, batch);
      } while (batch.empty() && !state.waiting.empty() &&
               take_from_last_holder(state, params_.queue_order, now, *state.waiting.front()));
    } else {
      decode(state, batch);
      repeated(1);
    }
    return false;
  }

  /// Places of those who have ended go on as if they had not.
  void repeated(std::int64_t steps) override {
    state_->idle_context += steps * (state_->batch_places - static_cast<std::int64_t>(state_->running.size()));
  }

 private:
  void admit(EngineState& state, TimePoint now, std::vector<BatchEntry>& batch) {
    state.batch_places = state.idle_context = 0;
    std::int64_t budget = params_.max_num_batched_tokens.value();
    for (std::size_t i = 0; i < state.waiting.size();) {
      if (static_cast<std::int64_t>(batch.size()) >= params_.max_num_seqs) break;
      Sequence& sequence = *state.waiting[i];
      if (sequence.waits_for != WaitReason::none || sequence.flying_outputs > 0) {
        ++i;
        continue;
      }
      const Prefix prefix = look_up(state, sequence, params_.enable_prefix_caching);
      const std::int64_t tokens = sequence.known - prefix.computed;
      if (!batch.empty() && tokens > budget) break;
      const std::int64_t at_end = blocks_at_end(sequence, params_) * params_.block_size.value();
      // All is taken at once: the memory of the longest answer that may come.
      if (blocks_missing(state, sequence, prefix, at_end) > state.memory->free_blocks()) break;
      start_running(state, i, now);
      take_blocks(state, sequence, prefix, at_end, now);
      schedule(state, sequence, tokens, 0, batch);
      budget -= tokens;
      if (state.memory->publishes_early()) {
        seal_full_blocks(state, sequence, std::min(sequence.scheduled(), sequence.known));
      }
    }
    state.batch_places = static_cast<std::int64_t>(batch.size());
  }

  void decode(EngineState& state, std::vector<BatchEntry>& batch) {
    for (Sequence* sequence : state.running) {
      if (surely_ends(*sequence, params_) || uncomputed(*sequence, params_.async_scheduling) <= 0) continue;
      schedule(state, *sequence, uncomputed(*sequence, params_.async_scheduling), 0, batch);
      if (state.memory->publishes_early()) {
        seal_full_blocks(state, *sequence, std::min(sequence->scheduled(), sequence->known));
      }
    }
  }

  EngineParams params_;
  EngineState* state_ = nullptr;  // of the last batch
};

}  // namespace

std::unique_ptr<Scheduler> make_static_batch(const EngineParams& params) {
  return std::make_unique<StaticBatch>(params);
}

}  // namespace cleave

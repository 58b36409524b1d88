// The step loop: form a batch, price it, wake at its end, apply the result.
#include "sim/engine/replica.h"

#include <algorithm>
#include <utility>

#include "models/units/check.h"
#include "models/units/checked_build.h"
#include "sim/engine/admission.h"
#include "sim/engine/rules.h"

namespace cleave {
namespace {

/// Steps planned beyond an interruption are thrown away: a stretch may be twice as long as the one before got, within
/// these. How long it is changes nothing but the time that planning takes.
constexpr std::int64_t kMinStretch = 32;
constexpr std::int64_t kMaxStretch = 256;

}  // namespace

Replica::Replica(const ReplicaParams& params, const StepCostModel& cost, Kernel& kernel, ReplicaListener& listener)
    : params_(params),
      cost_(cost),
      kernel_(kernel),
      listener_(listener),
      scheduler_(make_scheduler(params.engine)),
      acceptance_(RngBook{params.seed}.stream("engine/acceptance")),
      stage_free_(params.stages) {
  state_.memory = make_kv_memory(params.engine, params.kv_blocks);
  state_.key_root = params.key_root;
  state_.block_size = params.engine.block_size;
  state_.state_blocks = params.state_blocks;
  state_.kept_state_blocks = params.kept_state_blocks;
  state_.state_caching = params.engine.state_caching;
}

Tokens Replica::max_context() const {
  if (!params_.kv_blocks) return params_.engine.max_model_len;
  const bool keeps = params_.engine.enable_prefix_caching && params_.engine.state_caching != StateCaching::none;
  const std::int64_t kept = keeps ? params_.kept_state_blocks : 0;
  const bool behind_each = params_.engine.state_caching == StateCaching::all;
  const std::int64_t constant = params_.state_blocks + (behind_each ? 0 : kept);
  const std::int64_t growing = std::max<std::int64_t>(0, *params_.kv_blocks - constant) / (behind_each ? 1 + kept : 1);
  return std::min(params_.engine.max_model_len, Tokens{growing * params_.engine.block_size.value()});
}

/// Steps that may be formed and not ended: one a pipeline stage, or one ahead of the one that runs.
/// Source: max_concurrent_batches of vllm/v1/executor/abstract.py.
std::size_t Replica::depth() const {
  return std::max<std::size_t>(params_.stages, schedules_ahead() ? 2 : 1);
}

// --- moments -----------------------------------------------------------------------------------------------------

void Replica::wake() {
  if (!flying_.empty() || finishing_) {
    interrupt();
  } else if (!armed_ && up_) {
    armed_ = true;
    event_ = kernel_.at(kernel_.now(), order(), [this] { on_step_event(); });
  }
}

/// The next moment: the step under way ends; or, ahead of that, its last step begins and the one after it can be
/// formed.
void Replica::arm() {
  if (armed_) kernel_.cancel(event_);
  armed_ = false;
  if (flying_.empty() || flying_.front()->loading) return;
  const Step& front = *flying_.front();
  const bool early = schedules_ahead() && !front.in_last_step();
  armed_ = true;
  event_ = kernel_.at(early ? front.stretch.end_of(front.stretch.steps() - 2) : front.end(), order(),
                      [this] { on_step_event(); });
}

void Replica::on_step_event() {
  armed_ = false;
  const TimePoint now = kernel_.now();
  advance_through(now);
  if (!flying_.empty() && flying_.front()->in_last_step() && flying_.front()->end() <= now) {
    finishing_ = true;
    finish_front();
    finishing_ = false;
  }
  form_steps();
  arm();
  if constexpr (kCheckedBuild) listener_.on_step_done();
}

void Replica::form_steps() {
  while (flying_.size() < depth() && (flying_.empty() || flying_.back()->in_last_step())) {
    // Schedulers read the sequences: what a stretch has done so far must be in them.
    if (!flying_.empty() && flying_.front()->in_stretch && flying_.front()->begun) close_stretch(*flying_.front());
    Step& step = new_step();
    bool preempted = scheduler_->form(state_, kernel_.now(), step.batch);
    // A step in which the first in line preempts itself computes nothing; the next is formed at once. Each such round
    // shortens the running list.
    while (preempted && step.batch.empty()) preempted = scheduler_->form(state_, kernel_.now(), step.batch);
    for (Sequence* returned : std::exchange(state_.returned, {})) listener_.on_preempted(*returned);
    if (step.batch.empty()) {
      recycle(std::move(flying_.back()));
      flying_.pop_back();
      if (flying_.empty() && state_.waiting.empty() && state_.running.empty()) scheduler_->idle();
      return;
    }
    launch(step, preempted);
    if (flying_.size() == 1) begin(step);
  }
}

Replica::Step& Replica::new_step() {
  if (spare_.empty()) spare_.push_back(std::make_unique<Step>());
  flying_.push_back(std::move(spare_.back()));
  spare_.pop_back();
  Step& step = *flying_.back();
  step.batch.clear();
  step.in_stretch = step.begun = step.loading = false;
  step.inner_done = 0;
  return step;
}

void Replica::recycle(std::unique_ptr<Step> step) {
  spare_.push_back(std::move(step));
}

// --- a step's price ----------------------------------------------------------------------------------------------

BatchShape Replica::shape_of(const Step& step) {
  chunks_.clear();
  BatchShape shape;
  std::int64_t context = 0;
  for (const BatchEntry& entry : step.batch) {
    if (entry.tokens - entry.drafts == 1) {
      ++shape.decodes;
      shape.decode_width = std::max(shape.decode_width, entry.tokens);
      const std::int64_t length = entry.context + entry.tokens;
      context += length;
      shape.decode_longest = std::max(shape.decode_longest, Tokens{length});
      shape.decode_context_squares += static_cast<double>(length) * static_cast<double>(length);
    } else {
      chunks_.push_back({Tokens{entry.tokens}, Tokens{entry.context}});
    }
  }
  if (chunks_.empty() && shape.decodes < state_.batch_places) {
    shape.decodes = state_.batch_places;
    context += state_.idle_context;
  }
  shape.prefills = chunks_;
  shape.decode_context = Tokens{context};
  shape.scheduled_ahead = schedules_ahead();
  return shape;
}

bool Replica::may_stretch(const Step& step) const {
  if (!params_.engine.coalesce_decode || params_.stages > 1 || step.batch.size() != state_.running.size()) return false;
  if (state_.may_fit_later) return false;
  if (state_.connector != nullptr && state_.connector->saves_output()) return false;
  if (params_.engine.speculation.draft_tokens > 0) return false;  // steps differ in what is accepted
  if (state_.batch_places > static_cast<std::int64_t>(step.batch.size())) return false;  // empty places are priced
  return std::all_of(step.batch.begin(), step.batch.end(), [](const BatchEntry& entry) {
    return entry.tokens == 1 && entry.drafts == 0 && entry.yields && !entry.sequence->prefill_only;
  });
}

void Replica::launch(Step& step, bool preempted) {
  const BatchShape shape = shape_of(step);
  const TimePoint now = kernel_.now();
  const bool alone = flying_.size() == 1;
  // A step that preempted admits nobody, the next one may: it must be formed anew.
  if (!preempted && may_stretch(step)) {
    step.start = alone ? now : flying_[flying_.size() - 2]->end();
    const std::int64_t longest = std::clamp(2 * last_stretch_, kMinStretch, kMaxStretch);
    step.stretch.plan(step.batch, state_, cost_, shape, step.start, longest);
    step.in_stretch = true;
    return;
  }
  step.duration = cost_.step(shape);
  plan_times(step);
}

/// Stages take equal shares of a step; each takes up the next step when it has passed this one on.
void Replica::plan_times(Step& step) {
  TimePoint at = kernel_.now();
  if (params_.stages == 1) {
    if (flying_.size() > 1) at = flying_[flying_.size() - 2]->end();
    step.start = at;
    step.last_end = at + step.duration;
    return;
  }
  const auto stages = static_cast<std::int64_t>(params_.stages);
  bool first = true;
  for (std::int64_t s = 0; s < stages; ++s) {
    TimePoint& free = stage_free_[static_cast<std::size_t>(s)];
    at = std::max(at, free);
    if (std::exchange(first, false)) step.start = at;
    at += step.duration * (s + 1) / stages - step.duration * s / stages;
    free = at;
  }
  step.last_end = at;
}

/// The step is under way from now on.
void Replica::begin(Step& step) {
  const TimePoint now = kernel_.now();
  step.begun = true;
  if (step.start < now && params_.stages == 1) {  // the step before it took longer than planned
    if (step.in_stretch)
      step.stretch.shift(now - step.start);
    else
      step.last_end += now - step.start;
    step.start = now;
  }
  if (step.in_stretch) {
    count_classes(step);
    if (schedules_ahead() && step.stretch.steps() > 1) form_inner(step, 1);
    return;
  }
  for (const BatchEntry& entry : step.batch) {
    if (!entry.sequence->prefill_only) continue;
    listener_.on_chunk(*entry.sequence, {Tokens{entry.tokens}, Tokens{entry.context}}, step.duration);
  }
  if (state_.connector != nullptr) step.loading = state_.connector->step_begins(step.duration);
}

void Replica::step_loaded(TimePoint end) {
  if (flying_.empty() || !flying_.front()->loading) return;
  Step& step = *flying_.front();
  step.last_end = std::max({step.start + step.duration, end, kernel_.now()});
  step.loading = false;
  arm();
}

// --- a step's result ---------------------------------------------------------------------------------------------

void Replica::finish_front() {
  const TimePoint now = kernel_.now();
  std::unique_ptr<Step> front = std::move(flying_.front());
  flying_.erase(flying_.begin());
  if (front->in_stretch) close_stretch(*front);
  usage_.busy += now - std::max(front->start, busy_until_);
  busy_until_ = now;
  ++usage_.steps;
  std::vector<Sequence*> gone;
  const std::uint64_t prefilled = state_.prefilled;
  for (const BatchEntry& entry : front->batch) finish_entry(entry, now, gone);
  recycle(std::move(front));
  if (!gone.empty()) leave_batch(gone);
  if (!flying_.empty()) begin(*flying_.front());
  for (Sequence* sequence : gone) {
    if (sequence->generated >= sequence->target())
      listener_.on_finished(*sequence);
    else
      listener_.on_prefilled(*sequence);
  }
  if (state_.prefilled > prefilled) listener_.on_prompts_advanced();
}

void Replica::finish_entry(const BatchEntry& entry, TimePoint now, std::vector<Sequence*>& gone) {
  Sequence& sequence = *entry.sequence;
  usage_.tokens_computed += static_cast<std::uint64_t>(entry.tokens);
  const bool prompt = entry.tokens - entry.drafts > 1;
  if (prompt) state_.prefilled += static_cast<std::uint64_t>(entry.tokens);
  const std::int64_t accepted = entry.yields ? accepted_drafts(entry) : 0;
  if (entry.epoch == sequence.epoch) {
    sequence.flying -= entry.tokens;
    sequence.computed += entry.tokens - entry.drafts + accepted;
    // What is not yet findable: outputs of engines that schedule ahead, and prompts in a radix tree.
    const bool late =
        state_.memory->publishes_early() ? schedules_ahead() : prompt || entry.context < sequence.prompt();
    if (late) seal_full_blocks(state_, sequence, std::min(sequence.computed, sequence.known));
    if (late && state_.kept_state_blocks > 0) interrupt();  // a kept state took memory that a stretch was planned with
    if (state_.connector != nullptr && (prompt || state_.connector->saves_output())) {
      state_.connector->computed(sequence, Tokens{sequence.computed});
    }
  }
  if (!entry.yields) return;
  sequence.flying_outputs -= 1 + entry.drafts;
  const bool lost = entry.epoch != sequence.epoch;
  if (emit_tokens(sequence, 1 + accepted, now)) gone.push_back(&sequence);
  if (!lost) return;
  // Preempted meanwhile: it waits, and has so much more to compute again.
  sequence.unscheduled += 1 + accepted;
  state_.pending_tokens += 1 + accepted;
  sequence.prefill_end = sequence.known;
}

/// Draft i counts if those before it did; each request draws by itself, at each of its tokens.
std::int64_t Replica::accepted_drafts(const BatchEntry& entry) {
  if (entry.drafts == 0) return 0;
  const Sequence& sequence = *entry.sequence;
  Rng draw = acceptance_.below(sequence.request->id.value()).below(static_cast<std::uint64_t>(sequence.generated));
  const std::vector<double>& chances = params_.engine.speculation.acceptance;
  const std::int64_t most = std::min(entry.drafts, sequence.target() - sequence.generated - 1);
  std::int64_t accepted = 0;
  while (accepted < entry.drafts) {
    const auto at = std::min(static_cast<std::size_t>(accepted), chances.size() - 1);
    if (uniform01(draw) >= chances[at]) break;
    ++accepted;
  }
  usage_.drafts_offered += static_cast<std::uint64_t>(entry.drafts);
  usage_.drafts_accepted += static_cast<std::uint64_t>(accepted);
  return std::clamp<std::int64_t>(accepted, 0, std::max<std::int64_t>(0, most));
}

/// All known tokens have KV: the step's outputs are the next ones. Returns whether the sequence leaves the batch.
bool Replica::emit_tokens(Sequence& sequence, std::int64_t count, TimePoint now) {
  RequestRecord& record = *sequence.record;
  if (!record.prefill_done) record.prefill_done = now;
  if (sequence.prefill_only && !sequence.emits_at_prefill) return true;
  const ClassId cls = sequence.request->cls;
  if (record.last_token) listener_.on_token_gaps(cls, now - *record.last_token, 1, now);
  if (count > 1) listener_.on_token_gaps(cls, Duration{0}, count - 1, now);
  if (!record.first_token) record.first_token = now;
  record.last_token = now;
  sequence.generated += count;
  sequence.known += count;
  record.generated = Tokens{sequence.generated};
  return sequence.prefill_only || sequence.generated >= sequence.target();
}

void Replica::leave_batch(std::span<Sequence* const> gone) {
  for (Sequence* sequence : gone) sequence->leaves = true;
  const std::size_t left = std::erase_if(state_.running, [](const Sequence* s) { return s->leaves; });
  for (Sequence* sequence : gone) {
    sequence->leaves = false;
    if (!flying_.empty()) forget_in_flight(*sequence);
  }
  if (left < gone.size()) {  // preempted while its last token was computed
    for (Sequence* sequence : gone) remove_waiting(state_, *sequence, kernel_.now());
  }
  scheduler_->left_running();
}

/// Steps in flight compute a sequence for nothing that is not there when they end.
void Replica::forget_in_flight(const Sequence& sequence) {
  for (const std::unique_ptr<Step>& step : flying_) {
    const auto at = std::find_if(step->batch.begin(), step->batch.end(),
                                 [&](const BatchEntry& entry) { return entry.sequence == &sequence; });
    if (at == step->batch.end()) continue;
    if (at->epoch == sequence.epoch) unschedule(*at);
    if (step->in_stretch) interrupt();
    step->batch.erase(at);
  }
}

}  // namespace cleave

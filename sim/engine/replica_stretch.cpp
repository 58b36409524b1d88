// Decode steps of an unchanged batch, applied when somebody looks.
#include <algorithm>

#include "models/units/check.h"
#include "sim/engine/replica.h"

namespace cleave {

void Replica::advance() {
  if (flying_.empty()) return;
  Step& front = *flying_.front();
  while (!front.in_last_step() && kernel_.has_passed(front.stretch.end_of(front.inner_done), order())) {
    end_of_inner_step(front);
  }
}

void Replica::advance_through(TimePoint now) {
  if (flying_.empty()) return;
  Step& front = *flying_.front();
  while (!front.in_last_step() && front.stretch.end_of(front.inner_done) <= now) end_of_inner_step(front);
}

/// Step `inner` of a stretch is formed: just before it begins, or one step ahead of that. Content is findable as far as
/// its tokens are known by then.
void Replica::form_inner(Step& step, std::size_t inner) {
  step.stretch.allocate(inner, state_);
  if (state_.memory->publishes_early()) step.stretch.seal(schedules_ahead() ? inner - 1 : inner, state_);
  scheduler_->repeated(1);
  state_.lookups.repeat();
}

void Replica::end_of_inner_step(Step& step) {
  const std::size_t inner = step.inner_done++;
  const TimePoint end = step.stretch.end_of(inner);
  const Duration duration = step.stretch.duration_of(inner);
  tell_observer(end);
  if (inner == 0) {
    for (const BatchEntry& entry : step.batch) {
      RequestRecord& record = *entry.sequence->record;
      if (!record.prefill_done) record.prefill_done = end;
      if (record.last_token) listener_.on_token_gaps(entry.sequence->request->cls, end - *record.last_token, 1, end);
      if (!record.first_token) record.first_token = end;
    }
  } else {
    for (const auto& [cls, count] : step.class_counts) listener_.on_token_gaps(cls, duration, count, end);
  }
  usage_.busy += end - std::max(step.start, busy_until_);
  busy_until_ = step.start = end;
  ++usage_.steps;
  usage_.tokens_computed += step.batch.size();
  const std::size_t formed = inner + (schedules_ahead() ? 2 : 1);
  if (formed < step.stretch.steps()) form_inner(step, formed);
  tell_observer(std::nullopt);
}

void Replica::count_classes(Step& step) {
  step.class_counts.clear();
  for (const BatchEntry& entry : step.batch) {
    const ClassId cls = entry.sequence->request->cls;
    const auto at =
        std::find_if(step.class_counts.begin(), step.class_counts.end(), [cls](auto& c) { return c.first == cls; });
    if (at == step.class_counts.end())
      step.class_counts.emplace_back(cls, 1);
    else
      ++at->second;
  }
}

void Replica::tell_observer(std::optional<TimePoint> time) {
  if (BlockObserver* observer = state_.memory->observer()) observer->tells_of(time);
}

void Replica::interrupt() {
  if (flying_.empty()) return;
  Step& back = *flying_.back();
  if (!back.in_stretch) return;
  if (!back.begun) return back.stretch.truncate(1);
  advance();
  const std::size_t formed = back.inner_done + (schedules_ahead() ? 2 : 1);
  if (back.stretch.steps() <= formed) return;
  back.stretch.truncate(formed);
  if (armed_) arm();
}

void Replica::settle() {
  interrupt();
  if (flying_.empty()) return;
  Step& front = *flying_.front();
  if (front.in_stretch && !front.in_last_step()) split_formed_ahead(front);
  for (const std::unique_ptr<Step>& step : flying_) {
    if (step->in_stretch) close_stretch(*step);
  }
}

/// The second of two steps left becomes one of its own.
void Replica::split_formed_ahead(Step& step) {
  const std::size_t next = step.inner_done + 1;
  Step& ahead = new_step();
  ahead.batch = step.batch;
  for (BatchEntry& entry : ahead.batch) {
    entry.context += static_cast<std::int64_t>(next);
    if (entry.epoch != entry.sequence->epoch) continue;
    ++entry.sequence->flying;
    ++entry.sequence->flying_outputs;
  }
  ahead.start = step.stretch.end_of(step.inner_done);
  ahead.last_end = step.stretch.end_of(next);
  ahead.duration = step.stretch.duration_of(next);
  step.stretch.truncate(next);
}

/// The steps that have ended enter the sequences and their records; the last is finished like any other.
void Replica::close_stretch(Step& step) {
  SIM_CHECK(step.in_last_step(), "a stretch was closed with steps left");
  const auto steps = static_cast<std::int64_t>(step.inner_done);
  last_stretch_ = steps + 1;
  step.last_end = step.stretch.end();
  step.in_stretch = false;
  if (steps == 0) return;
  const TimePoint last = step.stretch.end_of(step.inner_done - 1);
  for (BatchEntry& entry : step.batch) {
    Sequence& sequence = *entry.sequence;
    sequence.computed += steps;
    sequence.generated += steps;
    sequence.known += steps;
    entry.context += steps;
    sequence.record->last_token = last;
    sequence.record->generated = Tokens{sequence.generated};
  }
}

}  // namespace cleave

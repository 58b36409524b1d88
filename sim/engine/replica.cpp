#include "sim/engine/replica.h"

#include <algorithm>

#include "models/units/check.h"

namespace cleave {
namespace {

/// A longer stretch would plan steps that an interruption throws away.
constexpr std::int64_t kMaxStretch = 256;

}  // namespace

Replica::Replica(const ReplicaParams& params, const StepCostModel& cost, Kernel& kernel, ReplicaListener& listener)
    : params_(params),
      cost_(cost),
      kernel_(kernel),
      listener_(listener),
      state_{{},
             {},
             BlockPool{{params.kv_blocks, params.engine.enable_prefix_caching}},
             BlockKeyChain{params.key_root, params.engine.block_size},
             {},
             params.state_blocks,
             0,
             0} {}

Tokens Replica::max_context() const {
  if (!params_.kv_blocks) return params_.engine.max_model_len;
  const std::int64_t growing = std::max<std::int64_t>(0, *params_.kv_blocks - params_.state_blocks);
  return std::min(params_.engine.max_model_len, Tokens{growing * params_.engine.block_size.value()});
}

// --- the step loop -----------------------------------------------------------------------------------------------

void Replica::wake() {
  if (in_step_ || finishing_) {
    interrupt();
  } else if (!armed_ && up_) {
    armed_ = true;
    event_ = kernel_.at(kernel_.now(), order(), [this] { on_step_event(); });
  }
}

void Replica::on_step_event() {
  armed_ = false;
  if (in_step_) {
    finishing_ = true;
    close_stretch();
    finish_step();
    finishing_ = false;
  }
  begin_step();
}

void Replica::begin_step() {
  const TimePoint now = kernel_.now();
  bool preempted = form_batch(state_, params_.engine, now, batch_);
  // A step in which the first in line preempts itself computes nothing; the next is formed at once. Each such round
  // shortens the running list.
  while (preempted && batch_.empty()) preempted = form_batch(state_, params_.engine, now, batch_);
  if (batch_.empty()) return;
  in_step_ = true;
  step_start_ = now;
  if (all_decode()) {
    // A step that preempted admits nobody, the next one may: it must be formed anew.
    const bool may_coalesce = params_.engine.coalesce_decode && !preempted;
    stretch_.plan(batch_, state_, cost_, now, may_coalesce ? kMaxStretch : 1);
    in_stretch_ = true;
    inner_done_ = 0;
    step_end_ = stretch_.end();
    class_counts_.clear();
    for (const BatchEntry& entry : batch_) {
      const ClassId cls = entry.sequence->request->cls;
      const auto at =
          std::find_if(class_counts_.begin(), class_counts_.end(), [cls](auto& c) { return c.first == cls; });
      if (at == class_counts_.end())
        class_counts_.emplace_back(cls, 1);
      else
        ++at->second;
    }
  } else {
    price_step(now);
  }
  armed_ = true;
  event_ = kernel_.at(step_end_, order(), [this] { on_step_event(); });
}

bool Replica::all_decode() const {
  if (batch_.size() != state_.running.size()) return false;
  return std::all_of(batch_.begin(), batch_.end(), [](const BatchEntry& entry) {
    const Sequence& s = *entry.sequence;
    return entry.tokens == 1 && s.computed + 1 == s.known && !s.prefill_only;
  });
}

void Replica::price_step(TimePoint now) {
  chunks_.clear();
  BatchShape shape;
  std::int64_t context = 0;
  for (const BatchEntry& entry : batch_) {
    if (entry.tokens == 1) {
      ++shape.decodes;
      context += entry.sequence->computed + 1;
    } else {
      chunks_.push_back({Tokens{entry.tokens}, Tokens{entry.sequence->computed}});
    }
  }
  shape.prefills = chunks_;
  shape.decode_context = Tokens{context};
  const Duration duration = cost_.step(shape);
  step_end_ = now + duration;
  for (const BatchEntry& entry : batch_) {
    if (!entry.sequence->prefill_only) continue;
    listener_.on_chunk(*entry.sequence, {Tokens{entry.tokens}, Tokens{entry.sequence->computed}}, duration);
  }
}

void Replica::finish_step() {
  const TimePoint now = kernel_.now();
  usage_.busy += now - step_start_;
  ++usage_.steps;
  in_step_ = false;
  std::vector<Sequence*> gone;
  for (const BatchEntry& entry : batch_) {
    Sequence& sequence = *entry.sequence;
    usage_.tokens_computed += static_cast<std::uint64_t>(entry.tokens);
    sequence.computed += entry.tokens;
    if (sequence.computed < sequence.known) continue;
    if (emit_token(sequence, now)) gone.push_back(&sequence);
  }
  if (gone.empty()) return;
  // The batch is in running order, so one pass over both suffices.
  auto next = gone.begin();
  std::erase_if(state_.running, [&](Sequence* s) {
    const bool leaves = next != gone.end() && *next == s;
    if (leaves) ++next;
    return leaves;
  });
  SIM_CHECK(next == gone.end(), "a sequence left a batch it was not running in");
  for (Sequence* sequence : gone) {
    if (sequence->generated >= sequence->target())
      listener_.on_finished(*sequence);
    else
      listener_.on_prefilled(*sequence);
  }
}

/// All known tokens have KV: the step's output is the next token. Returns whether the sequence leaves the batch.
bool Replica::emit_token(Sequence& sequence, TimePoint now) {
  RequestRecord& record = *sequence.record;
  if (!record.prefill_done) record.prefill_done = now;
  if (sequence.prefill_only && !sequence.emits_at_prefill) return true;
  if (record.last_token) listener_.on_token_gaps(sequence.request->cls, now - *record.last_token, 1, now);
  if (!record.first_token) record.first_token = now;
  record.last_token = now;
  ++sequence.generated;
  ++sequence.known;
  record.generated = Tokens{sequence.generated};
  return sequence.prefill_only || sequence.generated >= sequence.target();
}

// --- lazily applied decode steps ---------------------------------------------------------------------------------

void Replica::advance() {
  if (!in_stretch_) return;
  while (inner_done_ + 1 < stretch_.steps() && kernel_.has_passed(stretch_.end_of(inner_done_), order())) {
    end_of_inner_step(inner_done_++);
  }
}

void Replica::end_of_inner_step(std::size_t step) {
  const TimePoint end = stretch_.end_of(step);
  if (step == 0) {
    for (const BatchEntry& entry : batch_) {
      RequestRecord& record = *entry.sequence->record;
      if (!record.prefill_done) record.prefill_done = end;
      if (record.last_token) listener_.on_token_gaps(entry.sequence->request->cls, end - *record.last_token, 1, end);
      if (!record.first_token) record.first_token = end;
    }
  } else {
    for (const auto& [cls, count] : class_counts_) listener_.on_token_gaps(cls, stretch_.duration_of(step), count, end);
  }
  usage_.busy += stretch_.duration_of(step);
  ++usage_.steps;
  usage_.tokens_computed += batch_.size();
  step_start_ = end;
  stretch_.begin(step + 1, state_);
}

void Replica::interrupt() {
  if (!in_stretch_) return;
  advance();
  if (stretch_.steps() == inner_done_ + 1) return;
  stretch_.truncate(inner_done_ + 1);
  step_end_ = stretch_.end();
  kernel_.cancel(event_);
  event_ = kernel_.at(step_end_, order(), [this] { on_step_event(); });
}

void Replica::settle() {
  interrupt();
  close_stretch();
}

void Replica::close_stretch() {
  if (!in_stretch_) return;
  advance();
  in_stretch_ = false;
  const auto steps = static_cast<std::int64_t>(inner_done_);
  if (steps == 0) return;
  const TimePoint last = stretch_.end_of(inner_done_ - 1);
  for (const BatchEntry& entry : batch_) {
    Sequence& sequence = *entry.sequence;
    sequence.computed += steps;
    sequence.generated += steps;
    sequence.known += steps;
    sequence.record->last_token = last;
    sequence.record->generated = Tokens{sequence.generated};
  }
}

// --- sequences and memory ----------------------------------------------------------------------------------------

void Replica::enqueue(Sequence& sequence) {
  SIM_CHECK(up_, "a sequence queued on a replica that is down");
  advance();
  push_waiting(state_, params_.engine.queue_order, sequence, kernel_.now());
  wake();
}

std::optional<Tokens> Replica::reserve(Sequence& sequence, Tokens tokens) {
  advance();
  const std::int64_t needed = blocks_needed(tokens, params_.engine.block_size);
  const auto most =
      std::min(sequence.keys->size(), static_cast<std::size_t>(full_blocks(tokens, params_.engine.block_size)));
  const std::span<const BlockKey> keys{sequence.keys->data(), most};
  const auto cached = keys.first(params_.engine.enable_prefix_caching ? state_.pool.match(keys) : 0);
  const std::int64_t missing = needed - static_cast<std::int64_t>(cached.size());
  if (missing + params_.state_blocks + state_.pool.idle_among(cached) > state_.pool.free_blocks()) return std::nullopt;
  state_.pool.acquire(cached, sequence.blocks);
  SIM_CHECK(
      state_.pool.allocate(missing, sequence.blocks) && state_.pool.allocate(params_.state_blocks, sequence.state),
      "blocks vanished between check and allocation");
  sequence.sealed = static_cast<std::int64_t>(cached.size());
  interrupt();
  return Tokens{static_cast<std::int64_t>(cached.size()) * params_.engine.block_size.value()};
}

bool Replica::has_starved() {
  advance();
  return !state_.waiting.empty() && state_.waiting.front()->blocks.empty();
}

void Replica::deliver(Sequence& sequence, Tokens tokens, std::span<const KvOrigin> origins) {
  advance();
  const auto named = std::min(origins.size(), static_cast<std::size_t>(full_blocks(tokens, params_.engine.block_size)));
  for (; sequence.sealed < static_cast<std::int64_t>(named); ++sequence.sealed) {
    const auto i = static_cast<std::size_t>(sequence.sealed);
    state_.pool.seal(sequence.blocks[i], (*sequence.keys)[i], origins[i]);
  }
  sequence.prefill_end = sequence.known;
  sequence.computed = std::min(tokens.value(), sequence.known - 1);
  seal_full_blocks(state_, sequence, tokens.value());
}

void Replica::release(Sequence& sequence) {
  advance();
  state_.pool.release(sequence.state);
  release_blocks(sequence.blocks);
}

void Replica::release_blocks(std::vector<BlockId>& blocks) {
  advance();
  if (blocks.empty()) return;
  state_.pool.release(blocks);
  if (!state_.waiting.empty()) wake();
  listener_.on_blocks_freed();
}

void Replica::abort(Sequence& sequence) {
  advance();
  if (!remove_waiting(state_, sequence, kernel_.now())) {
    const auto at = std::find(state_.running.begin(), state_.running.end(), &sequence);
    if (at != state_.running.end()) {
      // The step under way computes it for nothing; it simply is not there when the step ends.
      settle();
      state_.running.erase(at);
      std::erase_if(batch_, [&](const BatchEntry& entry) { return entry.sequence == &sequence; });
      state_.pending_tokens -= sequence.unscheduled;
      sequence.unscheduled = 0;
    }
  }
  release(sequence);
}

Tokens Replica::cached_prefix(std::span<const BlockKey> keys) {
  advance();
  return Tokens{static_cast<std::int64_t>(state_.pool.match(keys)) * params_.engine.block_size.value()};
}

void Replica::pin(std::span<const BlockKey> keys, std::vector<BlockId>& out) {
  advance();
  state_.pool.acquire(keys, out);
  interrupt();
}

std::int64_t Replica::store(std::span<const BlockKey> keys) {
  advance();
  std::vector<BlockId> blocks;
  for (const BlockKey key : keys) {
    if (state_.pool.match({&key, 1}) == 1) continue;
    if (!state_.pool.allocate(1, blocks)) break;
    state_.pool.seal(blocks.back(), key, KvOrigin::decode);
  }
  const auto stored = static_cast<std::int64_t>(blocks.size());
  state_.pool.release(blocks);
  interrupt();
  return stored;
}

std::vector<Sequence*> Replica::crash() {
  advance();
  close_stretch();
  if (in_step_) usage_.busy += kernel_.now() - step_start_;
  if (armed_) kernel_.cancel(event_);
  armed_ = in_step_ = false;
  std::vector<Sequence*> lost = state_.running;
  for (Sequence* sequence : state_.waiting) {
    state_.waiting_meter.leave(sequence->queued_at, kernel_.now());
    lost.push_back(sequence);
  }
  for (Sequence* sequence : lost) {
    sequence->unscheduled = 0;
    sequence->blocks.clear();
    sequence->state.clear();
  }
  state_.running.clear();
  state_.waiting.clear();
  state_.pending_tokens = 0;
  state_.pool.clear();
  batch_.clear();
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

const BlockPool& Replica::pool() {
  advance();
  return state_.pool;
}

ReplicaUsage Replica::usage() {
  advance();
  ReplicaUsage usage = usage_;
  if (in_step_) usage.busy += kernel_.now() - step_start_;
  return usage;
}

}  // namespace cleave

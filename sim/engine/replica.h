#pragma once
// One engine instance on its accelerators: queues, batches, memory, and the step loop that drives them.

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "models/cost/step_cost.h"
#include "sim/core/kernel.h"
#include "sim/core/rng.h"
#include "sim/engine/batch.h"
#include "sim/engine/decode_stretch.h"
#include "sim/engine/kv_connector.h"
#include "sim/engine/params.h"
#include "sim/engine/scheduler.h"

namespace cleave {

/// What a replica tells of its sequences, at the moments they happen. Calls may come back into the replica.
class ReplicaListener {
 public:
  virtual ~ReplicaListener() = default;
  /// A prefill_only sequence computes `chunk` in a step that starts now and lasts `step`.
  virtual void on_chunk(Sequence& sequence, const PrefillChunk& chunk, Duration step) = 0;
  /// A prefill_only sequence has KV for its whole prompt; it left the batch and keeps its blocks until release().
  virtual void on_prefilled(Sequence& sequence) = 0;
  /// A prefill_only sequence lost the KV it had: it waits to be computed again.
  virtual void on_preempted(Sequence&) {}
  /// The last token was produced; the sequence's blocks are still held: the listener calls release().
  virtual void on_finished(Sequence& sequence) = 0;
  /// `count` sequences of a class each waited `gap` for the token they got at `at` (not later than now).
  virtual void on_token_gaps(ClassId cls, Duration gap, std::int64_t count, TimePoint at) = 0;
  /// A step with prompt tokens ended: fewer are pending now.
  virtual void on_prompts_advanced() {}
  /// Blocks were given back: whoever waits for memory here may try again.
  virtual void on_blocks_freed() = 0;
  /// A step has ended and those that follow are formed. Checked builds only.
  virtual void on_step_done() {}
};

struct ReplicaParams {
  ReplicaId id;
  ReplicaRole role = ReplicaRole::mixed;
  EngineParams engine;
  std::optional<std::int64_t> kv_blocks;  // nullopt: unlimited
  std::uint64_t key_root = 0;             // name space of its block keys: model, dtype
  std::int64_t state_blocks = 0;          // that each sequence holds whatever its length
  std::int64_t kept_state_blocks = 0;     // of a kept state of linear attention; 0: the model has none
  std::uint32_t stages = 1;               // of its pipeline: so many steps are in flight at once
  std::uint64_t seed = 1;                 // of what speculation draws
};

struct ReplicaUsage {
  Duration busy{};  // time with a step under way, the running one up to now included
  std::uint64_t steps = 0;
  std::uint64_t tokens_computed = 0;
  std::uint64_t drafts_offered = 0;
  std::uint64_t drafts_accepted = 0;
};

/// Reads advance the replica to now first, so that a lazily applied stretch is never seen unfinished.
class Replica {
 public:
  /// `cost`, `kernel` and `listener` are borrowed and outlive the replica.
  Replica(const ReplicaParams& params, const StepCostModel& cost, Kernel& kernel, ReplicaListener& listener);

  [[nodiscard]] ReplicaId id() const { return params_.id; }
  [[nodiscard]] ReplicaRole role() const { return params_.role; }
  [[nodiscard]] bool up() const { return up_; }
  [[nodiscard]] const EngineParams& engine() const { return params_.engine; }
  /// Before the first sequence comes. Borrowed; outlives the replica's work.
  void set_connector(KvConnector& connector) { state_.connector = &connector; }
  /// Whom to tell of cached content; borrowed. Told of lazily applied steps with their own times: call sync() to have
  /// heard of everything up to now.
  void observe(BlockObserver& observer) { state_.memory->observe(&observer); }
  void sync() { advance(); }

  /// The longest context that could ever be held here.
  [[nodiscard]] Tokens max_context() const;

  // --- sequences ---

  /// Queues a sequence; with blocks already held (a delivered hand-off) it only waits for a place in the batch.
  void enqueue(Sequence& sequence);
  /// A waiting sequence may be admitted from now on: what it waited for besides its turn has come.
  void ready(Sequence& sequence);
  /// Holds blocks for the first `tokens` tokens, and for constant state: cached ones first (counted in the result), the
  /// rest writable.
  /// nullopt, with nothing changed, when there is no room.
  std::optional<Tokens> reserve(Sequence& sequence, Tokens tokens);
  /// Whether the head of the queue waits for blocks: reservations made now would starve it.
  [[nodiscard]] bool has_starved();
  /// The first `tokens` tokens now have KV here: they can be found and need not be computed, but for the last known
  /// token, whose computation yields the next one.
  /// `origins` (of the blocks, in order) is empty when all of it was prefilled.
  void deliver(Sequence& sequence, Tokens tokens, std::span<const KvOrigin> origins = {});
  /// Gives a sequence's blocks back. It must not be in a queue or batch.
  void release(Sequence& sequence);
  /// Takes a sequence out, wherever it is, and gives its blocks back.
  void abort(Sequence& sequence);

  // --- what the connector tells ---

  /// An asynchronous load ended: the first `tokens` tokens have KV here (fewer than asked for when it failed in part).
  void loaded(Sequence& sequence, Tokens tokens);
  /// The loads that the running step waited for have ended, or were called off: its layers end at `end`, or as planned
  /// if that is later. Left alone when no step waits any more.
  void step_loaded(TimePoint end);
  /// A load with the step under way, or one that is formed, brought fewer than it should: the sequence has KV of its
  /// first `tokens` tokens, and what the step computes for it is void.
  void step_load_failed(Sequence& sequence, Tokens tokens);
  /// A load from the back has brought everything from token `from` on; nullopt: what it brought cannot be used, and all
  /// is computed.
  void gap_filled(Sequence& sequence, std::optional<std::int64_t> from);
  /// Blocks that stayed after their sequence had gone are no longer read. A hold that has ended is left alone.
  void free_hold(HoldId hold);
  /// The lease of a hold counts from now again.
  void renew_hold(HoldId hold);

  // --- memory ---

  /// Leading tokens of `keys` cached here.
  [[nodiscard]] Tokens cached_prefix(std::span<const BlockKey> keys);
  /// Holds the blocks of cached keys[from] and later ones, for a reader elsewhere; release them through
  /// release_blocks().
  void pin(std::span<const BlockKey> keys, std::size_t from, std::vector<BlockId>& out);
  /// The same from the first key on, where a sequence that published them holds them still.
  void pin_own(std::span<const BlockKey> keys, const Sequence& holder, std::vector<BlockId>& out);
  void release_blocks(std::vector<BlockId>& blocks);
  /// Blocks held for KV that is under way to here.
  [[nodiscard]] std::int64_t arriving_blocks() const;
  /// Stores decoded KV that arrived from elsewhere under keys[from] and later ones; what is cached already, or finds no
  /// free memory, is left out. Returns the number of blocks stored.
  std::int64_t store(std::span<const BlockKey> keys, std::size_t from);

  /// Stops and forgets everything; returns the sequences that were queued or running, oldest first.
  std::vector<Sequence*> crash();
  void restart() { up_ = true; }
  /// Writes the progress of sequences in a stretch into their records: before somebody reads them at the end of a run.
  void settle();

  [[nodiscard]] std::int64_t waiting();
  [[nodiscard]] std::int64_t running();
  [[nodiscard]] std::int64_t pending_tokens();
  [[nodiscard]] const KvMemory& pool();
  [[nodiscard]] ReplicaUsage usage();
  [[nodiscard]] std::uint64_t preemptions() const { return state_.preemptions; }
  [[nodiscard]] const LookupCounters& lookups() const { return state_.lookups; }
  [[nodiscard]] const QueueMeter& waiting_meter() const { return state_.waiting_meter; }

 private:
  /// A step that is formed and has not ended; or a stretch of them, of which `inner_done` have ended.
  struct Step {
    std::vector<BatchEntry> batch;
    std::vector<std::pair<ClassId, std::int64_t>> class_counts;  // of a stretch's batch
    DecodeStretch stretch;
    bool in_stretch = false;
    bool begun = false;
    bool loading = false;  // waits for a connector's loads
    std::size_t inner_done = 0;
    TimePoint start;  // of the step under way
    TimePoint last_end;
    Duration duration{};

    [[nodiscard]] bool in_last_step() const { return !in_stretch || inner_done + 1 == stretch.steps(); }
    [[nodiscard]] TimePoint end() const { return in_stretch ? stretch.end() : last_end; }
  };

  [[nodiscard]] Order order() const { return {Phase::step, params_.id.value()}; }
  [[nodiscard]] std::size_t depth() const;
  [[nodiscard]] bool schedules_ahead() const { return params_.engine.async_scheduling; }

  // replica.cpp: the step loop
  void wake();
  void arm();
  void on_step_event();
  void form_steps();
  void launch(Step& step, bool preempted);
  void plan_times(Step& step);
  [[nodiscard]] BatchShape shape_of(const Step& step);
  void begin(Step& step);
  void finish_front();
  void finish_entry(const BatchEntry& entry, TimePoint now, std::vector<Sequence*>& gone);
  void leave_batch(std::span<Sequence* const> gone);
  void forget_in_flight(const Sequence& sequence);
  [[nodiscard]] std::int64_t accepted_drafts(const BatchEntry& entry);
  bool emit_tokens(Sequence& sequence, std::int64_t count, TimePoint now);
  [[nodiscard]] bool may_stretch(const Step& step) const;
  Step& new_step();
  void recycle(std::unique_ptr<Step> step);

  // replica_stretch.cpp: lazily applied decode steps
  void advance();
  void advance_through(TimePoint now);
  void form_inner(Step& step, std::size_t inner);
  void end_of_inner_step(Step& step);
  void count_classes(Step& step);
  /// Something changed that the stretch was not planned with: what is formed already is its last.
  void interrupt();
  void close_stretch(Step& step);
  void split_formed_ahead(Step& step);
  void tell_observer(std::optional<TimePoint> time);
  void pin_state(std::span<const BlockKey> keys, std::vector<BlockId>& out);

  struct Hold {
    HoldId id;
    std::vector<BlockId> blocks;
    EventId lease;
  };
  void arm_lease(Hold& hold);

  ReplicaParams params_;
  const StepCostModel& cost_;
  Kernel& kernel_;
  ReplicaListener& listener_;
  EngineState state_;
  std::unique_ptr<Scheduler> scheduler_;
  Rng acceptance_;

  std::vector<std::unique_ptr<Step>> flying_;  // in order of their ends; the first is under way
  std::vector<std::unique_ptr<Step>> spare_;
  std::vector<PrefillChunk> chunks_;   // scratch
  std::vector<TimePoint> stage_free_;  // pipelines: when each stage has passed on what it was given
  std::vector<Sequence*> receiving_;   // hold blocks for KV under way, and are not queued yet
  std::vector<Hold> holds_;
  std::uint32_t next_hold_ = 0;
  TimePoint busy_until_;
  std::int64_t last_stretch_ = 0;  // steps that the stretch before got to
  bool finishing_ = false;         // inside finish_front: the next step will be formed anyway
  bool up_ = true;
  EventId event_;  // the next moment at which a step ends or one can be formed
  bool armed_ = false;
  ReplicaUsage usage_;
};

}  // namespace cleave

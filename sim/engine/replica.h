#pragma once
// One engine instance on its accelerators: queues, batches, memory, and the step loop that drives them.

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "models/cost/step_cost.h"
#include "sim/core/kernel.h"
#include "sim/engine/batch.h"
#include "sim/engine/decode_stretch.h"
#include "sim/engine/params.h"

namespace cleave {

/// What a replica tells of its sequences, at the moments they happen. Calls may come back into the replica.
class ReplicaListener {
 public:
  virtual ~ReplicaListener() = default;
  /// A prefill_only sequence computes `chunk` in a step that starts now and lasts `step`.
  virtual void on_chunk(Sequence& sequence, const PrefillChunk& chunk, Duration step) = 0;
  /// A prefill_only sequence has KV for its whole prompt; it left the batch and keeps its blocks until release().
  virtual void on_prefilled(Sequence& sequence) = 0;
  /// The last token was produced; the sequence's blocks are still held: the listener calls release().
  virtual void on_finished(Sequence& sequence) = 0;
  /// `count` sequences of a class each waited `gap` for the token they got at `at` (not later than now).
  virtual void on_token_gaps(ClassId cls, Duration gap, std::int64_t count, TimePoint at) = 0;
  /// Blocks were given back: whoever waits for memory here may try again.
  virtual void on_blocks_freed() = 0;
};

struct ReplicaParams {
  ReplicaId id;
  ReplicaRole role = ReplicaRole::mixed;
  EngineParams engine;
  std::optional<std::int64_t> kv_blocks;  // nullopt: unlimited
  std::uint64_t key_root = 0;             // name space of its block keys: model, dtype
  std::int64_t state_blocks = 0;          // that each sequence holds whatever its length
};

struct ReplicaUsage {
  Duration busy{};  // time spent in steps, the running one up to now included
  std::uint64_t steps = 0;
  std::uint64_t tokens_computed = 0;
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

  /// The longest context that could ever be held here.
  [[nodiscard]] Tokens max_context() const;

  /// Queues a sequence; with blocks already held (a delivered hand-off) it only waits for a place in the batch.
  void enqueue(Sequence& sequence);
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

  /// Leading tokens of `keys` cached here.
  [[nodiscard]] Tokens cached_prefix(std::span<const BlockKey> keys);
  /// Holds the blocks of cached keys, for a reader elsewhere; release them through release_blocks().
  void pin(std::span<const BlockKey> keys, std::vector<BlockId>& out);
  void release_blocks(std::vector<BlockId>& blocks);
  /// Stores blocks of decoded KV that arrived from elsewhere under `keys`; those that are cached already, or find no
  /// free memory, are left out. Returns the number stored.
  std::int64_t store(std::span<const BlockKey> keys);

  /// Stops and forgets everything; returns the sequences that were queued or running, oldest first.
  std::vector<Sequence*> crash();
  void restart() { up_ = true; }
  /// Writes the progress of sequences in a stretch into their records: before somebody reads them at the end of a run.
  void settle();

  [[nodiscard]] std::int64_t waiting();
  [[nodiscard]] std::int64_t running();
  [[nodiscard]] std::int64_t pending_tokens();
  [[nodiscard]] const BlockPool& pool();
  [[nodiscard]] ReplicaUsage usage();
  [[nodiscard]] std::uint64_t preemptions() const { return state_.preemptions; }
  [[nodiscard]] const QueueMeter& waiting_meter() const { return state_.waiting_meter; }

 private:
  [[nodiscard]] Order order() const { return {Phase::step, params_.id.value()}; }
  void wake();
  void on_step_event();
  void begin_step();
  void price_step(TimePoint now);
  void finish_step();
  bool emit_token(Sequence& sequence, TimePoint now);
  [[nodiscard]] bool all_decode() const;

  /// Applies the steps of the stretch that have ended by now.
  void advance();
  void end_of_inner_step(std::size_t step);
  /// Something changed that the stretch was not planned with: the step under way is its last.
  void interrupt();
  void close_stretch();

  ReplicaParams params_;
  const StepCostModel& cost_;
  Kernel& kernel_;
  ReplicaListener& listener_;
  EngineState state_;

  std::vector<BatchEntry> batch_;
  std::vector<PrefillChunk> chunks_;
  std::vector<std::pair<ClassId, std::int64_t>> class_counts_;  // of the stretch's batch
  DecodeStretch stretch_;
  std::size_t inner_done_ = 0;  // steps of the stretch applied so far
  bool in_stretch_ = false;
  bool in_step_ = false;    // a step is under way
  bool finishing_ = false;  // inside finish_step: the next step will be formed anyway
  bool up_ = true;
  TimePoint step_start_;
  TimePoint step_end_;
  EventId event_;  // end of the step, or the start of the next one
  bool armed_ = false;
  ReplicaUsage usage_;
};

}  // namespace cleave

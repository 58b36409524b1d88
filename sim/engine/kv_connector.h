#pragma once
// What stands between an engine and KV that lives elsewhere: lower tiers, stores, other replicas.

#include <cstdint>
#include <optional>

#include "sim/engine/sequence.h"

namespace cleave {

/// When a load happens. while_waiting: the sequence stays in the queue until it has ended. with_step: during the step
/// that admits the sequence, layer by layer. from_the_back: the sequence is computed from the front meanwhile, until
/// both meet.
enum class LoadMode : std::uint8_t { while_waiting, with_step, from_the_back };

/// What a connector could load for a waiting sequence, behind the tokens that are cached on the replica.
struct ConnectorMatch {
  Tokens tokens;  // 0: nothing. Whole blocks
  LoadMode mode = LoadMode::while_waiting;
};

/// Names blocks that stay held after their sequence has gone. Never reused.
using HoldId = Id<struct KvHoldTag>;

/// The engine's side of vLLM's KV connectors. The replica calls; the connector may call back Replica::loaded(),
/// step_loaded() and free_hold() at any later moment, also from inside its own calls.
/// Source: vllm/distributed/kv_transfer/kv_connector/v1/base.py; docs/features/disagg_prefill.md.
class KvConnector {
 public:
  virtual ~KvConnector() = default;

  /// How much could be loaded behind the first `local` tokens, which are cached. Asked each time the sequence is looked
  /// at in the queue. nullopt: not known yet; the sequence is passed over in this step.
  /// (get_num_new_matched_tokens)
  virtual std::optional<ConnectorMatch> matched(const Sequence& sequence, Tokens local) = 0;

  /// Blocks for `match.tokens` tokens behind the first `local` are held. A load while the sequence waits begins now and
  /// ends with Replica::loaded(); one from the back begins now and ends with Replica::gap_filled(); one with the step
  /// begins with that. Not called when nothing is to be loaded.
  /// (update_state_after_alloc, start_load_kv)
  virtual void allocated(Sequence& sequence, Tokens local, const ConnectorMatch& match) = 0;

  /// A sequence whose gap is loaded from the back is computed from the front, up to token `front` so far (steps in
  /// flight included); a step may compute `budget` more. Returns how far it may: where both would meet, or further; at
  /// least `front`, at most the gap's end. The load goes no further than that.
  virtual std::int64_t meet(const Sequence& sequence, std::int64_t front, std::int64_t budget) = 0;

  /// A step begins to compute, layer by layer, for `compute`. Returns whether it has to wait for loads of sequences
  /// that it admitted: then Replica::step_loaded() follows, and says when the step ends. (wait_for_layer_load)
  virtual bool step_begins(Duration compute) = 0;

  /// KV of the first `tokens` tokens exists now; it may be saved. Told at the end of each step with prompt tokens, and of
  /// steps that fill a block with output if saves_output(). (save_kv_layer, wait_for_save)
  virtual void computed(const Sequence& sequence, Tokens tokens) = 0;
  /// Whether KV of decoded tokens is wanted as soon as a block is full. Costs the coalescing of decode steps.
  [[nodiscard]] virtual bool saves_output() const { return false; }

  /// The sequence leaves the replica (finished, cancelled). Returns whether its blocks have to stay, because they are
  /// still being read; they are then freed by Replica::free_hold(hold), at the latest when a lease ends.
  /// (request_finished)
  virtual bool left(const Sequence& sequence, HoldId hold) = 0;
  /// How long such blocks stay unless renewed; nullopt: until freed. vLLM's NIXL connector: 30 s.
  [[nodiscard]] virtual std::optional<Duration> lease() const { return std::nullopt; }
  /// A lease ended: the blocks are gone.
  virtual void expired(HoldId) {}

  /// A load that had begun, or was to begin with a step, is no longer wanted: its sequence was preempted, cancelled or
  /// lost.
  virtual void forget(const Sequence& sequence) = 0;
};

}  // namespace cleave

#pragma once
// What a replica computes in one step, and the queues it is formed from.

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "sim/engine/params.h"
#include "sim/engine/queue_meter.h"
#include "sim/engine/sequence.h"
#include "sim/kv/block_pool.h"
#include "sim/workload/block_keys.h"

namespace cleave {

struct BatchEntry {
  Sequence* sequence = nullptr;
  std::int64_t tokens = 0;  // computed in this step
};

/// The queues and the memory of one engine. `running` is in order of admission.
struct EngineState {
  std::deque<Sequence*> waiting;
  std::vector<Sequence*> running;
  BlockPool pool;
  BlockKeyChain keys;
  QueueMeter waiting_meter;
  std::int64_t state_blocks = 0;    // that each sequence holds whatever its length
  std::int64_t pending_tokens = 0;  // sum of `unscheduled`
  std::uint64_t preemptions = 0;
};

/// Puts a sequence into the waiting queue: at the back (with blocks held already: ahead of those without), or by
/// priority and arrival.
void push_waiting(EngineState& state, QueueOrder order, Sequence& sequence, TimePoint now);
/// Takes one out of the queue, wherever it stands. Returns false when it is not there.
bool remove_waiting(EngineState& state, Sequence& sequence, TimePoint now);

/// Forms the next step's batch by vLLM V1's rule: running sequences first, in order, each catching up to its known
/// tokens within the token budget; whoever finds no block preempts the latest (or least urgent); waiting ones are
/// admitted from the head only in a step that preempted nobody, and the first that does not fit stops the scan.
/// `batch` is cleared first. Returns whether anyone was preempted. Source: vllm/v1/core/sched/scheduler.py.
bool form_batch(EngineState& state, const EngineParams& params, TimePoint now, std::vector<BatchEntry>& batch);

/// Makes the blocks findable that the first `tokens` tokens of a sequence fill.
void seal_full_blocks(EngineState& state, Sequence& sequence, std::int64_t tokens);

/// Gives a sequence's blocks back and forgets its KV: it will be computed again.
void drop_kv(EngineState& state, Sequence& sequence);

}  // namespace cleave

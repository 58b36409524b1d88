#pragma once
// What a replica computes in one step, and the queues and memory that it is formed from.

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "sim/engine/params.h"
#include "sim/engine/queue_meter.h"
#include "sim/engine/sequence.h"
#include "sim/kv/kv_memory.h"
#include "sim/workload/block_keys.h"

namespace cleave {

class KvConnector;

struct BatchEntry {
  Sequence* sequence = nullptr;
  std::int64_t tokens = 0;  // computed in this step, drafts included
  std::int64_t drafts = 0;
  std::int64_t context = 0;  // tokens before them that have KV when the step begins
  bool yields = false;       // its last token's output is the sequence's next one
  std::uint32_t epoch = 0;   // of the sequence, when scheduled
};

/// vLLM's counters of its prefix cache: tokens looked up and found, whenever the queue's first is asked what is cached
/// of it, so again in every step in which it finds no memory; sequences that were preempted are not counted. Source:
/// get_computed_blocks of vllm/v1/core/kv_cache_manager.py, PrefixCacheStats of vllm/v1/metrics/stats.py.
struct LookupCounters {
  std::uint64_t queries = 0;
  std::uint64_t hits = 0;
  std::uint64_t external_hits = 0;  // that a connector is to bring to sequences not pre-empted so far
  // Of the first in line, while it finds no memory: counted anew in each step, in those of a stretch as in its first.
  std::uint64_t again_queries = 0;
  std::uint64_t again_hits = 0;

  void repeat() {
    queries += again_queries;
    hits += again_hits;
  }
  void found_elsewhere(const Sequence& sequence, Tokens tokens) {
    if (sequence.record->preemptions == 0) external_hits += static_cast<std::uint64_t>(tokens.value());
  }
  void forget() { again_queries = again_hits = 0; }
};

/// The queues and the memory of one engine. `running` is in order of admission.
struct EngineState {
  std::deque<Sequence*> waiting;
  std::vector<Sequence*> running;
  std::unique_ptr<KvMemory> memory;
  std::uint64_t key_root = 0;
  Tokens block_size{16};
  QueueMeter waiting_meter;
  std::int64_t state_blocks = 0;       // that each sequence holds whatever its length
  std::int64_t kept_state_blocks = 0;  // of a state of linear attention that is kept; 0: the model has none
  StateCaching state_caching = StateCaching::align;
  bool may_fit_later = false;  // who finds no room now may find some without anybody leaving: see Scheduler::form
  std::vector<BlockKey> kept_in_step;  // states kept since the step began to be formed, by their first key
  std::int64_t pending_tokens = 0;     // sum of `unscheduled`
  std::uint64_t preemptions = 0;
  LookupCounters lookups;
  std::uint64_t prefilled = 0;       // prompt tokens computed so far
  std::int64_t batch_places = 0;     // static batches: places computed, taken or not
  std::int64_t idle_context = 0;     // tokens computed for places that nobody has any more
  KvConnector* connector = nullptr;  // borrowed; nullptr: none
  std::vector<Sequence*> returned;   // prefill_only ones that lost their KV while a step was formed: to be told

  [[nodiscard]] std::int64_t blocks_for(std::int64_t tokens) const { return blocks_needed(Tokens{tokens}, block_size); }
  [[nodiscard]] BlockKeyChain keys_of(const Sequence& sequence) const {
    return BlockKeyChain{key_root ^ sequence.salt, block_size};
  }
};

/// Memory in the layout that the engine has. `blocks`: nullopt for unlimited.
[[nodiscard]] std::unique_ptr<KvMemory> make_kv_memory(const EngineParams& params, std::optional<std::int64_t> blocks);

/// Puts a sequence into the waiting queue: at the back (with blocks held already: ahead of those without), or by
/// priority and arrival.
void push_waiting(EngineState& state, QueueOrder order, Sequence& sequence, TimePoint now);
/// Takes one out of the queue, wherever it stands. Returns false when it is not there.
bool remove_waiting(EngineState& state, Sequence& sequence, TimePoint now);
/// Puts a sequence that was running, or waited with memory in hand, back into the queue to be computed again: among
/// those who were preempted first, or at the back.
enum class ReturnTo : std::uint8_t { front, back };
void return_to_queue(EngineState& state, QueueOrder order, Sequence& sequence, TimePoint now, ReturnTo where);

/// Makes the blocks findable that the first `tokens` tokens of a sequence fill.
void seal_full_blocks(EngineState& state, Sequence& sequence, std::int64_t tokens);

/// A connector's load for the sequence, under way or to come, is called off.
void forget_load(EngineState& state, Sequence& sequence);

/// Where a sequence has been computed, or is being, up to what was loaded from the back, it goes on behind that.
void close_gap(EngineState& state, Sequence& sequence);

/// Gives a sequence's blocks back and forgets its KV: it will be computed again. What flies computes for nothing.
void drop_kv(EngineState& state, Sequence& sequence);

/// Holds `blocks` more for a sequence. Returns false, with nothing changed, when there are not enough.
[[nodiscard]] bool hold_blocks(EngineState& state, Sequence& sequence, std::int64_t blocks);

}  // namespace cleave

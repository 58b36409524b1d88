#pragma once
// A waiting sequence on its way into the batch: what is cached for it, and the blocks it takes.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/engine/batch.h"
#include "sim/engine/kv_connector.h"

namespace cleave {

/// What a sequence would start from.
struct Prefix {
  std::span<const BlockKey> keys;  // cached here
  std::int64_t computed = 0;       // tokens that need no computing: these, and what a connector loads
  std::int64_t external = 0;       // of those, what a connector loads
  std::vector<BlockKey> state;     // the state that is kept behind `keys`
};

/// Cached blocks of a sequence that holds nothing yet; for one that does, what it has computed.
[[nodiscard]] Prefix look_up(EngineState& state, const Sequence& sequence, bool caching);

/// Blocks that nobody holds now and a sequence that starts from a prefix will.
[[nodiscard]] std::int64_t idle_blocks(const EngineState& state, const Prefix& prefix);

/// Blocks that must be free for a sequence to have `tokens` tokens, its constant state and those it keeps included.
[[nodiscard]] std::int64_t blocks_missing(const EngineState& state, const Sequence& sequence, const Prefix& prefix,
                                          std::int64_t tokens);

/// Gives a sequence its cached blocks and new ones up to `tokens` tokens. They must be free. Counts hits once.
void take_blocks(EngineState& state, Sequence& sequence, const Prefix& prefix, std::int64_t tokens, TimePoint now);

/// What a connector could load for a sequence that holds nothing yet. nullopt: not known yet, pass it over.
[[nodiscard]] std::optional<ConnectorMatch> ask_connector(EngineState& state, const Sequence& sequence,
                                                          const Prefix& prefix);

/// The sequence joins the running ones with blocks for what is cached and what will be loaded from the back, and that
/// load begins. There must be room.
void start_meeting(EngineState& state, std::size_t waiting_index, const Prefix& prefix, const ConnectorMatch& match,
                   TimePoint now);

/// Tokens that a step with `budget` left may compute for a sequence: all that are known, or those before what is loaded
/// from the back.
[[nodiscard]] std::int64_t computable(EngineState& state, Sequence& sequence, bool ahead, std::int64_t budget);

/// Holds blocks for what is cached and what will be loaded, and begins the load; the sequence waits on where it stands.
/// Returns false, with nothing changed, when there is no room.
[[nodiscard]] bool park_for_load(EngineState& state, Sequence& sequence, const Prefix& prefix,
                                 const ConnectorMatch& match);

/// Nobody runs and the first in line finds no room: those who wait with memory in hand hold each other up. The last of
/// them besides `spared` gives its memory back and will be computed again. Returns whether there was one.
bool take_from_last_holder(EngineState& state, QueueOrder order, TimePoint now, const Sequence& spared);

/// Moves a waiting sequence to the end of the running ones.
void start_running(EngineState& state, std::size_t waiting_index, TimePoint now);

/// Adds `tokens` of a sequence, `drafts` of them unverified, to the batch: they fly from now on.
void schedule(EngineState& state, Sequence& sequence, std::int64_t tokens, std::int64_t drafts,
              std::vector<BatchEntry>& batch);
/// Takes that back.
void unschedule(BatchEntry entry);

}  // namespace cleave

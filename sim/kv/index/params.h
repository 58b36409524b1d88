#pragma once
// What a scenario can say about how routers learn what is cached where.

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "models/units/units.h"

namespace cleave {

/// Routers see what replicas hold at this very moment: an ideal that no system has.
struct TruthIndex {};

/// What happens when the index finds a gap in a holder's sequence numbers, or was restarted. none: what was lost stays
/// unknown, as in llm-d. replay: holders send missing batches again, and after a restart all they have, as Dynamo's and
/// vLLM's publishers do.
enum class Resync : std::uint8_t { none, replay };

/// A central index fed by events "stored" and "removed". Later batches wait behind a gap until it is closed.
struct EventIndex {
  Duration delay = std::chrono::milliseconds{1};  // from a holder to the index, one way
  Duration batch_interval{};                      // holders collect events so long; zero: one batch a step
  double loss = 0;                                // share of batches that get lost
  Resync resync = Resync::replay;
  Duration resync_delay = std::chrono::milliseconds{10};  // from finding a gap (or a restart) to its end
  std::uint32_t shards = 1;                               // by hash of the key; each has its own feeds
  std::optional<Duration> speculative_ttl;                // entries made at routing, until the event confirms them
  std::vector<Duration> restart_at;                       // the index loses all it knew, then resyncs
};

/// Each router remembers what it sent where, and hears nothing of evictions. Source: Dynamo's approximate mode:
/// 120 s, 2^20 blocks, pruned to 0.8.
struct HistoryIndex {
  Duration ttl = std::chrono::seconds{120};
  std::int64_t max_blocks = 1 << 20;  // of one router
  double prune_to = 0.8;              // share of max_blocks that is kept when it overflows
  std::uint32_t routers = 1;          // requests go to them in turn
};

/// Holders publish Bloom filters of their keys.
struct DigestIndex {
  Duration interval = std::chrono::seconds{1};
  Duration delay = std::chrono::milliseconds{1};
  double bits_per_block = 10;  // about 1 % false positives a block
};

/// Events as above; besides, whoever is chosen promises not to evict what it has of the prompt before `term` is over
/// or the request is admitted. Source: Mooncake's GetReplicaList.
struct LeaseIndex {
  Duration delay = std::chrono::milliseconds{1};
  Duration batch_interval{};
  Duration term = std::chrono::seconds{10};
};

using PrefixIndexParams = std::variant<TruthIndex, EventIndex, HistoryIndex, DigestIndex, LeaseIndex>;

}  // namespace cleave

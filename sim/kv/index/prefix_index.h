#pragma once
// The seam of prefix indexes: holders' news and routers' own decisions in, beliefs out. Times are told, never asked:
// nothing here has a clock. What has arrived by a moment is worked out when somebody reads.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "sim/core/rng.h"
#include "sim/kv/block_observer.h"
#include "sim/kv/index/chain_index.h"
#include "sim/kv/index/params.h"

namespace cleave {

struct IndexCounters {
  std::uint64_t blocks_stored = 0;  // events by holders
  std::uint64_t blocks_removed = 0;
  std::uint64_t batches = 0;  // that reached the index, or were lost on the way
  std::uint64_t batches_lost = 0;
  std::uint64_t resyncs = 0;
  std::uint64_t event_bytes = 0;
  std::uint64_t resync_bytes = 0;
  std::uint64_t guesses = 0;  // blocks entered at routing
  std::uint64_t guesses_expired = 0;
  bool operator==(const IndexCounters&) const = default;
};

/// A request under routing: who routes it, where its prompt's keys are, and what time it is.
struct IndexQuery {
  std::span<const BlockKey> keys;
  std::uint64_t number = 0;  // of the request: routers take them in turn
  TimePoint now;
};

class PrefixIndex {
 public:
  virtual ~PrefixIndex() = default;

  /// Leading keys that each holder is believed to have. Shape: `out` is indexed by HolderId.
  virtual void believed(const IndexQuery& query, std::span<std::uint32_t> out) = 0;
  /// The moment at which the belief about a holder was true.
  [[nodiscard]] virtual TimePoint as_of(HolderId holder, TimePoint now) const = 0;

  /// A request was sent to a holder.
  virtual void routed(const IndexQuery&, HolderId) {}

  /// Whether holders are to tell what they store and forget.
  [[nodiscard]] virtual bool wants_events() const { return false; }
  /// As BlockObserver, at `time`: not earlier than what the same holder told before.
  virtual void sealed(HolderId, const SealedRun&, TimePoint) {}
  virtual void forgotten(HolderId, std::span<const BlockId>, bool, TimePoint) {}
  virtual void cleared(HolderId, TimePoint) {}
  /// What holders have, as they told it, without any delay. Empty result: not known here.
  [[nodiscard]] virtual bool truth(std::span<const BlockKey>, std::span<std::uint32_t>) const { return false; }

  /// The index loses what it knew, and later gets all that holders have.
  virtual void restart(TimePoint) {}
  virtual void resync(TimePoint) {}

  [[nodiscard]] virtual const IndexCounters& counters() const = 0;
  [[nodiscard]] virtual std::size_t bytes() const = 0;
  virtual void check_consistency() const = 0;
};

struct IndexSetup {
  std::vector<std::int64_t> holder_blocks;  // by HolderId: blocks that each can have
  Tokens block_size{16};
  Rng rng;  // for losses
  std::vector<Duration>
      distance{};  // by HolderId: what its events take more than the index's own delay; empty: nothing
};

/// nullptr for TruthIndex: the truth needs no index.
[[nodiscard]] std::unique_ptr<PrefixIndex> make_prefix_index(const PrefixIndexParams& params, IndexSetup setup);

}  // namespace cleave

#pragma once
// What a router expects to be cached because it sent it there itself.

#include <cstdint>
#include <deque>
#include <optional>
#include <span>

#include "sim/kv/index/chain_index.h"

namespace cleave {

/// Entries of the guess layer that go a time to live after they were last touched, and when there are too many the
/// oldest go first, down to a share of the limit.
class Guesses {
 public:
  Guesses(Duration ttl, std::optional<std::int64_t> limit, double prune_to)
      : ttl_(ttl), limit_(limit), prune_to_(prune_to) {}

  /// `keys` are expected at `holder`. Result: keys entered now or touched again.
  std::size_t enter(ChainIndex& chains, std::span<const BlockKey> keys, HolderId holder, TimePoint now);
  /// Drops what is too old. Result: keys dropped.
  std::uint64_t settle(ChainIndex& chains, TimePoint now);
  void forget() { queue_.clear(); }

 private:
  struct Entered {
    TimePoint at;
    HolderId holder;
    ChainPosition node;
  };
  Duration ttl_;
  std::optional<std::int64_t> limit_;
  double prune_to_;
  std::deque<Entered> queue_;  // by time
};

}  // namespace cleave

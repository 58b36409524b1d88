#pragma once
// Who is told what a replica's block pool holds: the source of an index's events.

#include <optional>
#include <span>

#include "models/units/keys.h"
#include "models/units/units.h"
#include "sim/kv/block_id.h"

namespace cleave {

/// Consecutive blocks of a chain that became findable at once: `blocks` now hold `keys`.
struct SealedRun {
  std::span<const BlockId> blocks;
  std::span<const BlockKey> keys;
  std::optional<BlockId> before;  // the block before the first one in its chain; nullopt: that is a prompt's first
  bool fresh = true;              // no other block of the pool held any of them
};

/// Told of content as it becomes findable and as it goes, in the order in which it happens. Must not call back.
class BlockObserver {
 public:
  virtual ~BlockObserver() = default;
  virtual void on_sealed(const SealedRun& run) = 0;
  /// `blocks` no longer hold what they held, one after another. `gone`: no other block of the pool holds the same.
  virtual void on_forgotten(std::span<const BlockId> blocks, bool gone) = 0;
  /// The pool forgot everything at once.
  virtual void on_cleared() = 0;
  /// What is told next happened at `time`, earlier than now: a lazily applied stretch catches up. nullopt: now again.
  virtual void tells_of(std::optional<TimePoint> time) = 0;
};

}  // namespace cleave

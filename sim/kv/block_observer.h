#pragma once
// Who is told what a replica's block pool holds: the source of an index's events.

#include <optional>

#include "models/units/keys.h"
#include "models/units/units.h"
#include "sim/kv/key_map.h"

namespace cleave {

/// Told of content as it becomes findable and as it goes, in the order in which it happens. Must not call back.
class BlockObserver {
 public:
  virtual ~BlockObserver() = default;
  /// `block` now holds `key`. `parent` is the block before it in its chain, nullopt for a prompt's first. `fresh`: no
  /// other block of the pool held the same content.
  virtual void on_sealed(BlockId block, BlockKey key, std::optional<BlockId> parent, bool fresh) = 0;
  /// `block` no longer holds what it held. `gone`: no other block of the pool holds the same content.
  virtual void on_forgotten(BlockId block, bool gone) = 0;
  /// The pool forgot everything at once.
  virtual void on_cleared() = 0;
  /// What is told next happened at `time`, earlier than now: a lazily applied stretch catches up. nullopt: now again.
  virtual void tells_of(std::optional<TimePoint> time) = 0;
};

}  // namespace cleave

#pragma once
// The seam between a cache and what decides which of its blocks goes.

#include <concepts>
#include <cstdint>
#include <optional>

#include "models/units/keys.h"
#include "models/units/units.h"

namespace cleave {

/// Where a cached block stands in its cache: dense from 0, reused after the block has gone. Policies keep their state
/// in arrays indexed by it.
using Slot = Id<struct CacheSlotTag>;

/// Nobody knows whose turn it is.
inline constexpr std::uint32_t kNoSession = 0xffffffffU;

/// One look-up of one block, as far as a policy may know it.
struct Access {
  BlockKey key{};
  std::uint64_t number = 0;   // accesses of this stream before this one
  std::uint32_t request = 0;  // requests of this stream before this one
  std::uint32_t depth = 0;    // blocks before this one in its prompt
  TimePoint time{};           // when the request arrived
  std::uint32_t session = 0;  // whose turn the request is
  bool closes = false;        // and that session's last, as far as that is known
};

/// Decides which cached block goes. Called without indirection, once or twice an access.
/// The cache tells it of every change: `hit` for a block it holds, `insert` for a new one, `erase` for one that leaves
/// by another decision than the policy's (a pinned block is taken out like this, and returns with `insert`).
/// `victim` names the block to drop for `incoming`, and forgets it: the policy may remember its key as a ghost.
template <class P>
concept EvictionPolicy = requires(P policy, const Access& access, Slot slot) {
  policy.hit(slot, access);
  policy.insert(slot, access);
  policy.erase(slot);
  { policy.victim(access) } -> std::same_as<Slot>;
};

/// A policy that wants to hear of each miss before a victim is asked for, and may refuse the block (false).
template <class P>
concept HearsMisses = requires(P policy, const Access& access) {
  { policy.miss(access) } -> std::same_as<bool>;
};

/// A policy that also drops blocks while there is room: they have expired, or a part of the cache overflows. Asked
/// before each look-up until it has none; names and forgets one.
template <class P>
concept DropsUnasked = requires(P policy, TimePoint now) {
  { policy.dropped(now) } -> std::same_as<std::optional<Slot>>;
};

}  // namespace cleave

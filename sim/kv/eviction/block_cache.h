#pragma once
// A cache of equal blocks under one eviction policy, resolved at compile time.

#include <cstddef>
#include <utility>

#include "models/units/check.h"
#include "sim/kv/eviction/access.h"
#include "sim/kv/eviction/key_table.h"

namespace cleave {

/// Which blocks are cached; what they hold is the owner's. Capacity: at least 1 block.
template <EvictionPolicy Policy>
class BlockCache {
 public:
  BlockCache(std::size_t capacity, Policy policy) : capacity_(capacity), policy_(std::move(policy)) {
    SIM_CHECK(capacity_ > 0, "a cache holds at least one block");
  }

  [[nodiscard]] bool contains(BlockKey key) const { return table_.find(key).has_value(); }
  [[nodiscard]] std::size_t size() const { return table_.size(); }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

  /// Looks a block up; a miss makes room and inserts it, unless the policy refuses. Result: hit or miss.
  bool access(const Access& access) {
    settle(access.time);
    if (const std::optional<Slot> slot = table_.find(access.key)) {
      policy_.hit(*slot, access);
      return true;
    }
    if (!miss(access)) return false;
    shrink(access, capacity_ - 1);
    insert(access);
    return false;
  }

  /// As access(), but makes no room: until trim() the cache may hold more than its capacity. For requests that take
  /// all their blocks at one instant.
  bool touch(const Access& access) {
    if (const std::optional<Slot> slot = table_.find(access.key)) {
      policy_.hit(*slot, access);
      return true;
    }
    if (miss(access)) insert(access);
    return false;
  }
  void trim(const Access& access) { shrink(access, capacity_); }

  /// Drops what the policy gives up by itself. access() does so first.
  void settle(TimePoint now) {
    if constexpr (DropsUnasked<Policy>) {
      while (const std::optional<Slot> slot = policy_.dropped(now)) table_.erase(*slot);
    }
  }

  /// Takes a block out. Result: whether it was there.
  bool erase(BlockKey key) {
    const std::optional<Slot> slot = table_.find(key);
    if (!slot) return false;
    policy_.erase(*slot);
    table_.erase(*slot);
    return true;
  }

 private:
  bool miss(const Access& access) {
    if constexpr (HearsMisses<Policy>) {
      return policy_.miss(access);
    } else {
      static_cast<void>(access);
      return true;
    }
  }
  void shrink(const Access& incoming, std::size_t limit) {
    while (table_.size() > limit) table_.erase(policy_.victim(incoming));
  }
  void insert(const Access& access) { policy_.insert(table_.insert(access.key), access); }

  std::size_t capacity_;
  KeyTable table_;
  Policy policy_;
};

}  // namespace cleave

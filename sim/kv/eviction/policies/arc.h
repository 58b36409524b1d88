#pragma once

#include <algorithm>

#include "sim/kv/eviction/ghosts.h"
#include "sim/kv/eviction/policy_params.h"
#include "sim/kv/eviction/slot_array.h"
#include "sim/kv/eviction/slot_lists.h"

namespace cleave {

/// Adaptive replacement: one LRU list of blocks seen once and one of blocks seen again share the capacity; hits among
/// the ghosts of either move the target size of the first, a real number.
/// Source: Megiddo and Modha, "ARC: a self-tuning, low overhead replacement cache", FAST 2003.
class Arc {
 public:
  explicit Arc(const PolicyParams& params) : capacity_(params.capacity) {}

  bool miss(const Access& access) {
    const auto once = static_cast<double>(once_ghosts_.size());
    const auto again = static_cast<double>(again_ghosts_.size());
    if (once_ghosts_.remove(access.key)) {
      found_ = Found::once_ghost;
      target_ = std::min(target_ + std::max(again / once, 1.0), static_cast<double>(capacity_));
    } else if (again_ghosts_.remove(access.key)) {
      found_ = Found::again_ghost;
      target_ = std::max(target_ - std::max(once / again, 1.0), 0.0);
    } else {
      found_ = Found::nowhere;
    }
    return true;
  }
  void hit(Slot slot, const Access&) {
    Block& block = blocks_[slot];
    lists_.remove(block.again ? again_ : once_, slot);
    block.again = true;
    lists_.push_head(again_, slot);
  }
  void insert(Slot slot, const Access& access) {
    const bool again = found_ != Found::nowhere;
    blocks_.set(slot, {access.key, again});
    lists_.push_head(again ? again_ : once_, slot);
  }
  void erase(Slot slot) { lists_.remove(blocks_[slot].again ? again_ : once_, slot); }

  Slot victim(const Access&) {
    if (found_ == Found::nowhere) {
      const std::size_t seen_once = once_.size() + once_ghosts_.size();
      if (seen_once >= capacity_) {
        if (once_ghosts_.empty()) return lists_.pop_tail(once_);
        once_ghosts_.drop_oldest();
      } else if (seen_once + again_.size() + again_ghosts_.size() >= 2 * capacity_) {
        again_ghosts_.drop_oldest();
      }
    }
    return replace();
  }

 private:
  enum class Found : std::uint8_t { nowhere, once_ghost, again_ghost };
  struct Block {
    BlockKey key{};
    bool again = false;
  };
  Slot replace() {
    const auto once = static_cast<double>(once_.size());
    const bool above = once > target_ || (found_ == Found::again_ghost && once == target_);
    const bool from_once = again_.empty() || (!once_.empty() && above);
    const Slot slot = lists_.pop_tail(from_once ? once_ : again_);
    (from_once ? once_ghosts_ : again_ghosts_).push(blocks_[slot].key);
    return slot;
  }

  std::size_t capacity_;
  double target_ = 0;  // of once_
  SlotLists lists_;
  SlotLists::List once_;   // T1
  SlotLists::List again_;  // T2
  Ghosts once_ghosts_;     // B1
  Ghosts again_ghosts_;    // B2
  SlotArray<Block> blocks_;
  Found found_ = Found::nowhere;  // where the block of the latest miss was
};

}  // namespace cleave

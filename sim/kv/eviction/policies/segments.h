#pragma once
// Policies that keep blocks in several queues: SLRU, 2Q, S3-FIFO.

#include <algorithm>
#include <array>
#include <optional>

#include "sim/kv/eviction/ghosts.h"
#include "sim/kv/eviction/policy_params.h"
#include "sim/kv/eviction/slot_array.h"
#include "sim/kv/eviction/slot_lists.h"

namespace cleave {

/// Four LRU segments: each hit promotes by one, overflow falls back by one, the lowest segment loses blocks. Insertion
/// is into the lowest segment with room, so that warming up fills upward. Where the capacity is not a multiple of four
/// the lowest segment may exceed its quarter; it is cut back to that when overflow reaches it.
/// Source: Karedla et al., "Caching strategies to improve disk system performance", 1994; Huang et al., SOSP 2013.
class Slru {
 public:
  explicit Slru(const PolicyParams& params) : limit_(std::max<std::size_t>(params.capacity / kSegments, 1)) {}
  void hit(Slot slot, const Access&) {
    std::size_t segment = segment_[slot];
    lists_.remove(segments_[segment], slot);
    segment = std::min(segment + 1, kSegments - 1);
    put(slot, segment);
    for (; segment > 0 && segments_[segment].size() > limit_; --segment) {
      put(lists_.pop_tail(segments_[segment]), segment - 1);
    }
    overflows_ = segment == 0;
  }
  std::optional<Slot> dropped(TimePoint) {
    overflows_ = overflows_ && segments_[0].size() > limit_;
    return overflows_ ? std::optional{lists_.pop_tail(segments_[0])} : std::nullopt;
  }
  void insert(Slot slot, const Access&) {
    std::size_t segment = 0;
    while (segment < kSegments && segments_[segment].size() >= limit_) ++segment;
    segment_.set(slot, 0);
    put(slot, segment == kSegments ? 0 : segment);
  }
  void erase(Slot slot) { lists_.remove(segments_[segment_[slot]], slot); }
  Slot victim(const Access&) {
    std::size_t segment = 0;
    while (segment + 1 < kSegments && segments_[segment].empty()) ++segment;
    return lists_.pop_tail(segments_[segment]);
  }

 private:
  static constexpr std::size_t kSegments = 4;
  void put(Slot slot, std::size_t segment) {
    segment_[slot] = static_cast<std::uint8_t>(segment);
    lists_.push_head(segments_[segment], slot);
  }

  std::size_t limit_;
  SlotLists lists_;
  std::array<SlotLists::List, kSegments> segments_;
  SlotArray<std::uint8_t> segment_;
  bool overflows_ = false;  // the latest hit pushed a block down into the lowest segment
};

/// New blocks pass through a FIFO; those asked for again after they left it go to an LRU.
/// Source: Johnson and Shasha, "2Q: a low overhead high performance buffer management replacement algorithm", VLDB
/// 1994.
class TwoQ {
 public:
  explicit TwoQ(const PolicyParams& params) : in_limit_(params.capacity / 4), out_limit_(params.capacity / 2) {}
  bool miss(const Access& access) {
    returning_ = out_.remove(access.key);
    return true;
  }
  void hit(Slot slot, const Access&) {
    if (blocks_[slot].main) lists_.move_to_head(main_, slot);
  }
  void insert(Slot slot, const Access& access) {
    blocks_.set(slot, {access.key, returning_});
    lists_.push_head(returning_ ? main_ : in_, slot);
  }
  void erase(Slot slot) { lists_.remove(blocks_[slot].main ? main_ : in_, slot); }
  Slot victim(const Access&) {
    if (in_.size() <= in_limit_ && !main_.empty()) return lists_.pop_tail(main_);
    const Slot oldest = lists_.pop_tail(in_);
    out_.push_bounded(blocks_[oldest].key, out_limit_);
    return oldest;
  }

 private:
  struct Block {
    BlockKey key{};
    bool main = false;
  };
  std::size_t in_limit_;
  std::size_t out_limit_;
  SlotLists lists_;
  SlotLists::List in_;
  SlotLists::List main_;
  SlotArray<Block> blocks_;
  Ghosts out_;
  bool returning_ = false;  // the block of the latest miss was in out_
};

/// A small FIFO filters blocks that nobody asks for twice; the rest live in a main FIFO with second chances.
/// Source: Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023.
class S3Fifo {
 public:
  explicit S3Fifo(const PolicyParams& params)
      : small_limit_(params.capacity / 10),
        main_limit_(params.capacity - small_limit_),
        ghost_limit_(params.capacity * 9 / 10) {}
  bool miss(const Access& access) {
    returning_ = ghosts_.remove(access.key);
    return true;
  }
  void hit(Slot slot, const Access&) {
    if (blocks_[slot].hits < kMostHits) ++blocks_[slot].hits;
  }
  void insert(Slot slot, const Access& access) {
    blocks_.set(slot, {access.key, 0, returning_});
    lists_.push_head(returning_ ? main_ : small_, slot);
  }
  void erase(Slot slot) { lists_.remove(blocks_[slot].main ? main_ : small_, slot); }
  Slot victim(const Access&) {
    for (;;) {
      if (main_.size() > main_limit_ || small_.empty()) return main_victim();
      if (const std::optional<Slot> slot = small_victim()) return *slot;
    }
  }

 private:
  static constexpr std::uint8_t kMostHits = 3;
  struct Block {
    BlockKey key{};
    std::uint8_t hits = 0;
    bool main = false;
  };
  Slot main_victim() {
    for (;;) {
      const Slot oldest = SlotLists::tail(main_);
      if (blocks_[oldest].hits == 0) return lists_.pop_tail(main_);
      --blocks_[oldest].hits;
      lists_.move_to_head(main_, oldest);
    }
  }
  // None when every small block was asked for often enough to move to the main queue.
  std::optional<Slot> small_victim() {
    while (!small_.empty()) {
      const Slot oldest = lists_.pop_tail(small_);
      Block& block = blocks_[oldest];
      if (block.hits < 2) {
        ghosts_.push_bounded(block.key, ghost_limit_);
        return oldest;
      }
      block.hits = 0;
      block.main = true;
      lists_.push_head(main_, oldest);
    }
    return std::nullopt;
  }

  std::size_t small_limit_;
  std::size_t main_limit_;
  std::size_t ghost_limit_;
  SlotLists lists_;
  SlotLists::List small_;
  SlotLists::List main_;
  SlotArray<Block> blocks_;
  Ghosts ghosts_;
  bool returning_ = false;  // the block of the latest miss was a ghost
};

}  // namespace cleave

#pragma once

#include <algorithm>
#include <array>

#include "sim/kv/eviction/policies/frequency_sketch.h"
#include "sim/kv/eviction/policy_params.h"
#include "sim/kv/eviction/slot_array.h"
#include "sim/kv/eviction/slot_lists.h"

namespace cleave {

/// New blocks enter a small LRU window; the one that must leave it is admitted to the main part, a segmented LRU, only
/// if it was seen more often of late than the block that would have to go. Window 1 %; main 20 % probation and 80 %
/// protected. Exactly one block goes for each that comes in, so the cache stays full.
/// Source: Einziger, Friedman and Manes, "TinyLFU: a highly efficient cache admission policy", ACM TOS 2017.
class WTinyLfu {
 public:
  explicit WTinyLfu(const PolicyParams& params)
      : window_limit_(std::max<std::size_t>(params.capacity / 100, 1)),
        protected_limit_((params.capacity - window_limit_) * 8 / 10),
        sketch_(params.capacity) {}

  bool miss(const Access& access) {
    sketch_.add(access.key);
    return true;
  }
  void hit(Slot slot, const Access& access) {
    sketch_.add(access.key);
    const Segment segment = blocks_[slot].segment;
    lists_.remove(list(segment), slot);
    if (segment == Segment::window) return put(slot, Segment::window);
    put(slot, Segment::guarded);
    if (list(Segment::guarded).size() > protected_limit_) demote(Segment::guarded);
  }
  void insert(Slot slot, const Access& access) {
    blocks_.set(slot, {access.key, Segment::window});
    put(slot, Segment::window);
    if (list(Segment::window).size() > window_limit_) demote(Segment::window);
  }
  void erase(Slot slot) { lists_.remove(list(blocks_[slot].segment), slot); }

  Slot victim(const Access&) {
    const bool main_empty = list(Segment::probation).empty() && list(Segment::guarded).empty();
    if (main_empty) return lists_.pop_tail(list(Segment::window));
    const Segment last = list(Segment::probation).empty() ? Segment::guarded : Segment::probation;
    if (list(Segment::window).size() < window_limit_) return lists_.pop_tail(list(last));
    const Slot candidate = SlotLists::tail(list(Segment::window));
    const Slot resident = SlotLists::tail(list(last));
    if (sketch_.estimate(blocks_[candidate].key) <= sketch_.estimate(blocks_[resident].key)) {
      return lists_.pop_tail(list(Segment::window));
    }
    lists_.remove(list(last), resident);
    demote(Segment::window);
    return resident;
  }

 private:
  enum class Segment : std::uint8_t { window, probation, guarded };
  struct Block {
    BlockKey key{};
    Segment segment = Segment::window;
  };
  [[nodiscard]] SlotLists::List& list(Segment segment) { return segments_[static_cast<std::size_t>(segment)]; }
  void put(Slot slot, Segment segment) {
    blocks_[slot].segment = segment;
    lists_.push_head(list(segment), slot);
  }
  void demote(Segment from) { put(lists_.pop_tail(list(from)), Segment::probation); }

  std::size_t window_limit_;
  std::size_t protected_limit_;
  FrequencySketch sketch_;
  SlotLists lists_;
  std::array<SlotLists::List, 3> segments_;
  SlotArray<Block> blocks_;
};

}  // namespace cleave

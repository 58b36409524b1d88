#pragma once
// Doubly linked lists of slots, intrusive, in one array: 8 bytes a slot.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/units/check.h"
#include "sim/kv/eviction/access.h"
#include "sim/kv/huge_allocator.h"

namespace cleave {

/// Several lists over the same slots; a slot is in at most one of them. The head is the newest, the tail the oldest.
class SlotLists {
 public:
  class List {
   public:
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }

   private:
    friend class SlotLists;
    std::uint32_t head_ = kNone;
    std::uint32_t tail_ = kNone;
    std::size_t size_ = 0;
  };

  [[nodiscard]] static Slot tail(const List& list) {
    SIM_CHECK(!list.empty(), "no block is left to evict");
    return Slot{list.tail_};
  }
  /// The neighbour on the head's side; nullopt at the head.
  [[nodiscard]] std::optional<Slot> newer(Slot slot) const {
    const std::uint32_t at = links_[slot.index()].newer;
    return at == kNone ? std::nullopt : std::optional{Slot{at}};
  }

  void push_head(List& list, Slot slot) {
    if (slot.index() >= links_.size()) links_.resize(slot.index() + 1);
    links_[slot.index()] = {kNone, list.head_};
    (list.head_ == kNone ? list.tail_ : links_[list.head_].newer) = slot.value();
    list.head_ = slot.value();
    ++list.size_;
  }

  void remove(List& list, Slot slot) {
    const Link link = links_[slot.index()];
    (link.newer == kNone ? list.head_ : links_[link.newer].older) = link.older;
    (link.older == kNone ? list.tail_ : links_[link.older].newer) = link.newer;
    --list.size_;
  }

  void move_to_head(List& list, Slot slot) {
    if (list.head_ == slot.value()) return;
    remove(list, slot);
    push_head(list, slot);
  }

  /// The oldest of a list, in their order. Result: how many, at most `out.size()`.
  std::size_t tails(const List& list, std::span<Slot> out) const {
    std::size_t count = 0;
    for (std::uint32_t at = list.tail_; count < out.size() && at != kNone; at = links_[at].newer)
      out[count++] = Slot{at};
    return count;
  }
  /// The oldest, up to `last`, become the newest, in their order. There must be others.
  void renew_tails(List& list, Slot last) {
    SIM_CHECK(last.value() != list.head_, "all of a list becomes its newest part");
    const std::uint32_t first = list.tail_;
    list.tail_ = links_[last.index()].newer;
    links_[list.tail_].older = kNone;
    links_[first].older = list.head_;
    links_[list.head_].newer = first;
    links_[last.index()].newer = kNone;
    list.head_ = last.value();
  }

  Slot pop_tail(List& list) {
    const Slot slot = tail(list);
    remove(list, slot);
    return slot;
  }

 private:
  static constexpr std::uint32_t kNone = 0xffffffffU;
  struct Link {
    std::uint32_t newer = kNone;
    std::uint32_t older = kNone;
  };
  std::vector<Link, HugeAllocator<Link>> links_;
};

}  // namespace cleave

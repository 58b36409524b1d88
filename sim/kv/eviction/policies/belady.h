#pragma once
// Offline bounds: policies that know when each block is looked up next.

#include "sim/kv/eviction/policy_params.h"
#include "sim/kv/eviction/slot_heap.h"

namespace cleave {

/// The block that is looked up farthest in the future goes.
/// Source: Belady, "A study of replacement algorithms for a virtual-storage computer", 1966.
class Belady {
 public:
  explicit Belady(const PolicyParams& params) : next_uses_(params.next_uses) {}
  void hit(Slot slot, const Access& access) { heap_.change(slot, rank(access)); }
  void insert(Slot slot, const Access& access) { heap_.push(slot, rank(access)); }
  void erase(Slot slot) { heap_.remove(slot); }
  Slot victim(const Access&) {
    const Slot slot = heap_.lowest();
    heap_.remove(slot);
    return slot;
  }

 protected:
  [[nodiscard]] Rank rank(const Access& access) const {
    return {-static_cast<double>(next_uses_[access.number]), access.number};
  }
  [[nodiscard]] const SlotHeap& heap() const { return heap_; }

 private:
  std::span<const NextUse> next_uses_;
  SlotHeap heap_;
};

/// As Belady, and in a full cache a block that is looked up later than every cached one does not come in.
class BeladyBypass : public Belady {
 public:
  explicit BeladyBypass(const PolicyParams& params) : Belady(params), capacity_(params.capacity) {}
  [[nodiscard]] bool miss(const Access& access) const {
    return heap().size() < capacity_ || rank(access).score >= heap().rank(heap().lowest()).score;
  }

 private:
  std::size_t capacity_;
};

}  // namespace cleave

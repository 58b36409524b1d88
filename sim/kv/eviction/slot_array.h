#pragma once
// One value a slot, grown as slots appear.

#include <vector>

#include "sim/kv/eviction/access.h"
#include "sim/kv/huge_allocator.h"

namespace cleave {

template <class Value>
class SlotArray {
 public:
  [[nodiscard]] Value& operator[](Slot slot) { return values_[slot.index()]; }
  [[nodiscard]] const Value& operator[](Slot slot) const { return values_[slot.index()]; }

  /// For a slot that may be new.
  void set(Slot slot, const Value& value) {
    if (slot.index() >= values_.size()) values_.resize(slot.index() + 1);
    values_[slot.index()] = value;
  }

 private:
  std::vector<Value, HugeAllocator<Value>> values_;
};

}  // namespace cleave

#pragma once
// Reused storage for things that come and go: after warm-up nothing is allocated.

#include <cstdint>
#include <vector>

namespace cleave {

/// Slots of T, named by index. A released slot keeps its T, so that vectors inside it keep their storage.
/// References are valid until the next take().
template <class T>
class SlotPool {
 public:
  [[nodiscard]] std::uint32_t take() {
    if (free_.empty()) {
      slots_.emplace_back();
      return static_cast<std::uint32_t>(slots_.size() - 1);
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    return slot;
  }
  void release(std::uint32_t slot) { free_.push_back(slot); }
  [[nodiscard]] T& operator[](std::uint32_t slot) { return slots_[slot]; }
  [[nodiscard]] const T& operator[](std::uint32_t slot) const { return slots_[slot]; }
  [[nodiscard]] std::size_t live() const { return slots_.size() - free_.size(); }

 private:
  std::vector<T> slots_;
  std::vector<std::uint32_t> free_;
};

}  // namespace cleave

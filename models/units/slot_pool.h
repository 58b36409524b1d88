#pragma once
// Reused storage for things that come and go: after warm-up nothing is allocated.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cleave {

/// Slots of T, named by index; the one released last is taken first. A released slot keeps its T as it was, so that
/// vectors inside it keep their storage. References are valid until the next take(), with a std::deque as `Storage` for
/// as long as the pool.
template <class T, class Storage = std::vector<T>>
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
  /// Slots that are taken.
  [[nodiscard]] std::size_t live() const { return slots_.size() - free_.size(); }
  /// Slots that were ever taken: they are named 0 ... slots() - 1. A loop over the pool meets all of them.
  [[nodiscard]] std::uint32_t slots() const { return static_cast<std::uint32_t>(slots_.size()); }
  [[nodiscard]] auto begin() const { return slots_.begin(); }
  [[nodiscard]] auto end() const { return slots_.end(); }

 private:
  Storage slots_;
  std::vector<std::uint32_t> free_;
};

}  // namespace cleave

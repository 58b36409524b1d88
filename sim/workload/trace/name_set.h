#pragma once
// A set of 64-bit names that only grows: open addressing, eight to sixteen bytes a name.

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace cleave {

class NameSet {
 public:
  /// Whether `name` is new.
  bool insert(std::uint64_t name) {
    if (name == kEmpty) return !std::exchange(holds_empty_, true);
    if (2 * (filled_ + 1) > slots_.size()) grow();
    std::uint64_t& slot = slot_of(slots_, name);
    if (slot == name) return false;
    slot = name;
    ++filled_;
    return true;
  }

  [[nodiscard]] std::size_t size() const { return filled_ + (holds_empty_ ? 1 : 0); }

 private:
  static constexpr std::uint64_t kEmpty = 0;  // marks a free slot; the name itself is kept apart

  static std::uint64_t& slot_of(std::vector<std::uint64_t>& slots, std::uint64_t name) {
    const std::size_t mask = slots.size() - 1;
    std::size_t i = static_cast<std::size_t>((name * 0x9e3779b97f4a7c15ULL) >> 20) & mask;
    while (slots[i] != kEmpty && slots[i] != name) i = (i + 1) & mask;
    return slots[i];
  }

  void grow() {
    std::vector<std::uint64_t> larger(slots_.size() * 2);
    for (const std::uint64_t name : slots_) {
      if (name != kEmpty) slot_of(larger, name) = name;
    }
    slots_ = std::move(larger);
  }

  std::vector<std::uint64_t> slots_ = std::vector<std::uint64_t>(1024);
  std::size_t filled_ = 0;
  bool holds_empty_ = false;
};

}  // namespace cleave

#pragma once
// From a block's key to a block: open addressing, no allocation between growths.

#include <cstdint>
#include <optional>
#include <vector>

#include "models/units/keys.h"
#include "models/units/units.h"
#include "sim/kv/huge_allocator.h"

namespace cleave {

using BlockId = Id<struct BlockTag>;

/// Linear probing. Nothing is ever taken out: its owner knows which entries still hold, overwrites those that do not,
/// and starts the map again when it is full. An eviction then costs no visit here.
class KeyMap {
 public:
  KeyMap() { restart(0); }

  [[nodiscard]] std::optional<BlockId> find(BlockKey key) const {
    const Slot& slot = slots_[probe(key)];
    if (slot.block == kEmpty) return std::nullopt;
    return BlockId{slot.block};
  }

  /// Inserts or overwrites. The map must not be full.
  void set(BlockKey key, BlockId block) {
    Slot& slot = slots_[probe(key)];
    if (slot.block == kEmpty) ++size_;
    slot = {key, block.value()};
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  /// At this load probes become long: restart() before the next insertion.
  [[nodiscard]] bool full() const { return 8 * (size_ + 1) > 5 * slots_.size(); }

  /// Empties the map and sizes it so that at least `expected` more insertions than that fit before it is full again.
  void restart(std::size_t expected) {
    std::size_t capacity = kInitial;
    while (capacity < 4 * expected) capacity *= 2;
    slots_.assign(capacity, Slot{});
    size_ = 0;
  }

  /// Fetches the slot of a key that will be looked up soon.
  void prefetch(BlockKey key) const { __builtin_prefetch(&slots_[home(key)]); }

 private:
  static constexpr std::uint32_t kEmpty = 0xffffffffU;
  static constexpr std::size_t kInitial = 64;
  struct Slot {
    BlockKey key{};
    std::uint32_t block = kEmpty;
  };

  [[nodiscard]] std::size_t home(BlockKey key) const {
    return (static_cast<std::uint64_t>(key) * 0x9e3779b97f4a7c15ULL >> 20) & (slots_.size() - 1);
  }
  /// The key's slot, or the empty one where it would go.
  [[nodiscard]] std::size_t probe(BlockKey key) const {
    std::size_t at = home(key);
    while (slots_[at].block != kEmpty && slots_[at].key != key) at = (at + 1) & (slots_.size() - 1);
    return at;
  }

  std::vector<Slot, HugeAllocator<Slot>> slots_;
  std::size_t size_ = 0;
};

}  // namespace cleave

#pragma once
// From a block's key to a block: open addressing, no allocation between growths.

#include <cstdint>
#include <optional>
#include <vector>

#include "models/units/keys.h"
#include "models/units/units.h"

namespace cleave {

using BlockId = Id<struct BlockTag>;

/// Linear probing with backward-shift deletion at a load of at most 5/8. Keys are hashes already.
class KeyMap {
 public:
  KeyMap() : slots_(kInitial) {}

  [[nodiscard]] std::optional<BlockId> find(BlockKey key) const {
    for (std::size_t at = home(key);; at = next(at)) {
      const Slot& slot = slots_[at];
      if (slot.block == kEmpty) return std::nullopt;
      if (slot.key == key) return BlockId{slot.block};
    }
  }

  /// Inserts or overwrites.
  void set(BlockKey key, BlockId block) {
    if (8 * (size_ + 1) > 5 * slots_.size()) grow();
    std::size_t at = home(key);
    while (slots_[at].block != kEmpty && slots_[at].key != key) at = next(at);
    if (slots_[at].block == kEmpty) ++size_;
    slots_[at] = {key, block.value()};
  }

  /// Removes a key if it is there.
  void erase(BlockKey key) {
    std::size_t at = home(key);
    while (slots_[at].key != key || slots_[at].block == kEmpty) {
      if (slots_[at].block == kEmpty) return;
      at = next(at);
    }
    --size_;
    for (std::size_t from = next(at); slots_[from].block != kEmpty; from = next(from)) {
      const std::size_t wants = home(slots_[from].key);
      const bool stays = at <= from ? (at < wants && wants <= from) : (at < wants || wants <= from);
      if (stays) continue;
      slots_[at] = slots_[from];
      at = from;
    }
    slots_[at].block = kEmpty;
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  void clear() {
    slots_.assign(kInitial, {});
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
  [[nodiscard]] std::size_t next(std::size_t at) const { return (at + 1) & (slots_.size() - 1); }
  void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.block == kEmpty) continue;
      std::size_t at = home(slot.key);
      while (slots_[at].block != kEmpty) at = next(at);
      slots_[at] = slot;
    }
  }

  std::vector<Slot> slots_;
  std::size_t size_ = 0;
};

}  // namespace cleave

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

/// Linear probing over 8-byte entries, which hold the upper half of a key's hash: the owner knows which key a block
/// has. Nothing is ever taken out: the owner says which entries still hold, entries that do not are overwritten, and
/// the map is started again when it is full. An eviction then costs no visit here.
class KeyMap {
 public:
  KeyMap() { restart(0); }

  template <class KeyAt>
  [[nodiscard]] std::optional<BlockId> find(BlockKey key, const KeyAt& key_at) const {
    const std::uint32_t tag = tag_of(key);
    for (std::size_t at = home(tag); slots_[at].block != kEmpty; at = next(at)) {
      if (slots_[at].tag == tag && key_at(slots_[at].block) == key) return BlockId{slots_[at].block};
    }
    return std::nullopt;
  }

  /// What `key` leads to; where nothing does, it leads to `block` from now on. The map must not be full.
  /// `key_at(block)`: the key that leads to a block as it is now; nullopt: none does.
  template <class KeyAt>
  std::optional<BlockId> find_or_set(BlockKey key, BlockId block, const KeyAt& key_at) {
    const std::uint32_t tag = tag_of(key);
    std::size_t at = home(tag);
    std::size_t stale = slots_.size();
    for (; slots_[at].block != kEmpty; at = next(at)) {
      if (slots_[at].tag != tag) continue;
      const std::optional<BlockKey> other = key_at(slots_[at].block);
      if (other == key) return BlockId{slots_[at].block};
      if (stale == slots_.size() && (!other || tag_of(*other) != tag)) stale = at;
    }
    if (stale == slots_.size()) {
      ++size_;
      stale = at;
    }
    slots_[stale] = {tag, block.value()};
    return std::nullopt;
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  /// At this load probes become long: restart() before the next insertion.
  [[nodiscard]] bool full() const { return 8 * (size_ + 1) > 5 * slots_.size(); }

  /// Empties the map and sizes it so that at least `expected` more insertions than that fit before it is full again.
  void restart(std::size_t expected) {
    std::size_t capacity = kInitial;
    shift_ = 32 - kInitialLog2;
    for (; capacity < 4 * expected; capacity *= 2) --shift_;
    slots_.assign(capacity, Slot{});
    size_ = 0;
  }

  /// Fetches the slot of a key that will be looked up soon.
  void prefetch(BlockKey key) const { __builtin_prefetch(&slots_[home(tag_of(key))]); }

  [[nodiscard]] static std::uint32_t tag_of(BlockKey key) {
    return static_cast<std::uint32_t>(static_cast<std::uint64_t>(key) * 0x9e3779b97f4a7c15ULL >> 32);
  }

 private:
  static constexpr std::uint32_t kEmpty = 0xffffffffU;
  static constexpr unsigned kInitialLog2 = 6;
  static constexpr std::size_t kInitial = std::size_t{1} << kInitialLog2;
  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t block = kEmpty;
  };

  [[nodiscard]] std::size_t home(std::uint32_t tag) const { return tag >> shift_; }
  [[nodiscard]] std::size_t next(std::size_t at) const { return (at + 1) & (slots_.size() - 1); }

  std::vector<Slot, HugeAllocator<Slot>> slots_;
  std::size_t size_ = 0;
  unsigned shift_ = 32 - kInitialLog2;
};

}  // namespace cleave

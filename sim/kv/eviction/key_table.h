#pragma once
// Keys and their slots: open addressing over 8-byte entries, with removal. 21 to 34 bytes a key.

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/kv/eviction/access.h"
#include "sim/kv/huge_allocator.h"
#include "sim/kv/prefetch.h"

namespace cleave {

/// Gives each key a slot; freed slots are handed out again, the latest first.
/// Linear probing; an entry holds the upper half of the key's hash, so that growing and removing read no keys.
class KeyTable {
 public:
  KeyTable() : entries_(std::size_t{1} << kFirstLog2) {}

  [[nodiscard]] std::optional<Slot> find(BlockKey key) const {
    const std::uint32_t tag = tag_of(key);
    for (std::size_t at = home(tag); entries_[at].slot != kEmpty; at = next(at)) {
      if (entries_[at].tag == tag && keys_[entries_[at].slot] == key) return Slot{entries_[at].slot};
    }
    return std::nullopt;
  }

  /// A key will be looked up soon.
  void prefetch(BlockKey key) const { prefetch_line(&entries_[home(tag_of(key))]); }
  /// The key of a slot will be erased soon. The slot may be one that never was.
  void prefetch(Slot slot) const {
    if (slot.index() < keys_.size()) prefetch(keys_[slot.index()]);
  }

  /// `key` must not be in the table.
  Slot insert(BlockKey key) {
    if (8 * (size_ + 1) > 5 * entries_.size()) grow();
    std::uint32_t slot = 0;
    if (free_.empty()) {
      slot = static_cast<std::uint32_t>(keys_.size());
      keys_.push_back(key);
    } else {
      slot = free_.back();
      free_.pop_back();
      keys_[slot] = key;
    }
    place({tag_of(key), slot});
    ++size_;
    return Slot{slot};
  }

  void erase(Slot slot) {
    Entry* const entries = entries_.data();
    const std::size_t last = mask();
    std::size_t hole = home(tag_of(keys_[slot.value()]));
    while (entries[hole].slot != slot.value()) hole = (hole + 1) & last;
    // Entries behind the hole move up, unless that would put them before their home.
    for (std::size_t at = (hole + 1) & last; entries[at].slot != kEmpty; at = (at + 1) & last) {
      if (((at - home(entries[at].tag)) & last) >= ((at - hole) & last)) {
        entries[hole] = entries[at];
        hole = at;
      }
    }
    entries[hole].slot = kEmpty;
    free_.push_back(slot.value());
    --size_;
  }

  [[nodiscard]] BlockKey key(Slot slot) const { return keys_[slot.index()]; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  static constexpr std::uint32_t kEmpty = 0xffffffffU;
  static constexpr unsigned kFirstLog2 = 6;
  struct Entry {
    std::uint32_t tag = 0;
    std::uint32_t slot = kEmpty;
  };

  [[nodiscard]] static std::uint32_t tag_of(BlockKey key) {
    return static_cast<std::uint32_t>(static_cast<std::uint64_t>(key) * 0x9e3779b97f4a7c15ULL >> 32);
  }
  [[nodiscard]] std::size_t mask() const { return entries_.size() - 1; }
  [[nodiscard]] std::size_t home(std::uint32_t tag) const { return tag >> shift_; }
  [[nodiscard]] std::size_t next(std::size_t at) const { return (at + 1) & mask(); }

  void place(Entry entry) {
    std::size_t at = home(entry.tag);
    while (entries_[at].slot != kEmpty) at = next(at);
    entries_[at] = entry;
  }
  void grow() {
    const std::vector<Entry, HugeAllocator<Entry>> old = std::move(entries_);
    entries_.assign(2 * old.size(), Entry{});
    --shift_;
    for (const Entry& entry : old) {
      if (entry.slot != kEmpty) place(entry);
    }
  }

  std::vector<Entry, HugeAllocator<Entry>> entries_;
  std::vector<BlockKey, HugeAllocator<BlockKey>> keys_;  // by slot
  std::vector<std::uint32_t> free_;
  std::size_t size_ = 0;
  unsigned shift_ = 32 - kFirstLog2;
};

}  // namespace cleave

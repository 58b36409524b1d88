#pragma once
// From the first key of a chain node to the node: open addressing over 8-byte entries, with removal.

#include <cstdint>
#include <vector>

#include "models/units/keys.h"
#include "sim/kv/huge_allocator.h"
#include "sim/kv/prefetch.h"

namespace cleave {

/// `KeyOf` gives a node's first key. Entries hold the upper half of a key's hash, so growing reads no nodes. Most keys
/// that are looked up begin no node: three entries of four stay empty, and a byte for each, seven bits of its tag,
/// mostly says so without a trip to it.
class HeadTable {
 public:
  static constexpr std::uint32_t kNone = 0xffffffffU;

  HeadTable() { clear_to(std::size_t{1} << kFirstLog2); }

  template <class KeyOf>
  [[nodiscard]] std::uint32_t find(BlockKey key, const KeyOf& key_of) const {
    const std::uint32_t tag = tag_of(key);
    for (std::size_t at = home(tag); marks_[at] != kEmpty; at = next(at)) {
      if (marks_[at] != mark_of(tag)) continue;
      const Entry entry = entries_[at];
      if (entry.tag == tag && key_of(entry.node) == key) return entry.node;
    }
    return kNone;
  }
  void prefetch(BlockKey key) const {
    const std::size_t at = home(tag_of(key));
    prefetch_line(&marks_[at]);
    prefetch_line(&entries_[at]);
  }

  /// `key` must not be in the table.
  void insert(BlockKey key, std::uint32_t node) {
    if (4 * (size_ + 1) > entries_.size()) grow();
    place({tag_of(key), node});
    ++size_;
  }

  void erase(BlockKey key, std::uint32_t node) {
    std::size_t hole = home(tag_of(key));
    while (entries_[hole].node != node) hole = next(hole);
    // Entries behind the hole move up, unless that would put them before their home.
    for (std::size_t at = next(hole); marks_[at] != kEmpty; at = next(at)) {
      if (((at - home(entries_[at].tag)) & mask()) >= ((at - hole) & mask())) {
        entries_[hole] = entries_[at];
        marks_[hole] = marks_[at];
        hole = at;
      }
    }
    entries_[hole].node = kNone;
    marks_[hole] = kEmpty;
    --size_;
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t bytes() const { return entries_.capacity() * sizeof(Entry) + marks_.capacity(); }

 private:
  static constexpr unsigned kFirstLog2 = 6;
  static constexpr std::uint8_t kEmpty = 0;
  struct Entry {
    std::uint32_t tag = 0;
    std::uint32_t node = kNone;
  };

  [[nodiscard]] static std::uint32_t tag_of(BlockKey key) {
    return static_cast<std::uint32_t>(static_cast<std::uint64_t>(key) * 0x9e3779b97f4a7c15ULL >> 32);
  }
  [[nodiscard]] std::size_t mask() const { return entries_.size() - 1; }
  [[nodiscard]] std::size_t home(std::uint32_t tag) const { return tag >> shift_; }
  [[nodiscard]] std::size_t next(std::size_t at) const { return (at + 1) & mask(); }
  /// Of the bits that say nothing of the home, but for tables of 2^26 entries and more.
  [[nodiscard]] static std::uint8_t mark_of(std::uint32_t tag) { return static_cast<std::uint8_t>(tag | 0x80); }
  void place(Entry entry) {
    std::size_t at = home(entry.tag);
    while (marks_[at] != kEmpty) at = next(at);
    entries_[at] = entry;
    marks_[at] = mark_of(entry.tag);
  }
  void clear_to(std::size_t entries) {
    entries_.assign(entries, Entry{});
    marks_.assign(entries, kEmpty);
  }
  void grow() {
    const std::vector<Entry, HugeAllocator<Entry>> old = std::move(entries_);
    clear_to(2 * old.size());
    --shift_;
    for (const Entry& entry : old) {
      if (entry.node != kNone) place(entry);
    }
  }

  std::vector<Entry, HugeAllocator<Entry>> entries_;
  std::vector<std::uint8_t, HugeAllocator<std::uint8_t>> marks_;  // one an entry
  std::size_t size_ = 0;
  unsigned shift_ = 32 - kFirstLog2;
};

}  // namespace cleave

#pragma once
// The objects of a store by name, and their slots.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/kv/chain_map.h"
#include "sim/kv/eviction/key_table.h"
#include "sim/kv/prefetch.h"

namespace cleave {

/// Gives each object that is there a slot; freed slots are handed out again, the latest first.
/// `chained`: all that is looked up or put is part of a chain that is given from its first object on. It is then found
/// by the lines of ChainMap; otherwise each object by its name alone, since one that stands alone would fill a line.
class ObjectTable {
 public:
  /// An object's slot, or, where it is not there, what put() wants.
  struct Found {
    std::optional<Slot> slot;
    PlacedKey object;
    std::uint32_t* at = nullptr;  // if chained
  };

  /// `most`: objects that it will ever have at once.
  ObjectTable(bool chained, std::size_t most) : chained_(chained), most_(most) {}

  [[nodiscard]] std::optional<Slot> find(std::span<const BlockKey> objects, std::size_t i) const {
    return chained_ ? map_.find({objects, i}, objects[i], content()) : alone_.find(objects[i]);
  }
  /// The same; where the object is not there, put() may follow, with erasures but no other look-up of this kind before.
  [[nodiscard]] Found find_to_put(std::span<const BlockKey> objects, std::size_t i) {
    if (!chained_) return {alone_.find(objects[i]), {objects[i], {}}};
    if (map_.full()) start_again();
    const PlacedKey object{objects[i], {objects, i}};
    const auto found = map_.find_to_put(object.place, object.key, content());
    return {found.at == nullptr ? std::optional{found.id} : std::nullopt, object, found.at};
  }
  Slot put(const Found& found) {
    if (!chained_) return alone_.insert(found.object.key);
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(rows_.size()));
      grow_towards(rows_, rows_.size() + 1, most_);
      rows_.emplace_back();
    }
    const Slot slot{free_.back()};
    free_.pop_back();
    Row& row = rows_[slot.index()];
    row.key = found.object.key;
    row.place = found.object.place;
    row.live = true;
    map_.put(found.at, slot);
    ++size_;
    return slot;
  }
  /// Of a table of chains: where the ids of number `i` and of those behind it in its line go, if none of them is there.
  [[nodiscard]] std::uint32_t* add_line(std::span<const BlockKey> objects, std::size_t i) {
    if (map_.full()) start_again();
    return map_.add_line({objects, i});
  }
  /// An object takes the slot of another, which has not been erased. `at`: where its id goes.
  void replace(Slot slot, const PlacedKey& object, std::uint32_t* at) {
    rows_[slot.index()].key = object.key;
    rows_[slot.index()].place = object.place;
    map_.put(at, slot);
  }
  void erase(Slot slot) {
    if (!chained_) return alone_.erase(slot);
    rows_[slot.index()].live = false;
    free_.push_back(slot.value());
    --size_;
  }

  /// Objects [from, until) will be looked up soon.
  void prefetch(std::span<const BlockKey> objects, std::size_t from, std::size_t until) const {
    if (chained_) return map_.prefetch(objects, from, until);
    for (std::size_t i = from; i < until; ++i) alone_.prefetch(objects[i]);
  }
  /// An object will be looked up soon, and those around it.
  void prefetch(std::span<const BlockKey> objects, std::size_t i) const {
    if (!chained_)
      alone_.prefetch(objects[i]);
    else if (i % ChainPlace::kKeys == 0)
      map_.prefetch({objects, i});
  }
  /// Objects of so many slots in turn will be erased soon.
  void prefetch(Slot first, std::size_t count) const {
    if (chained_) return prefetch_lines(&rows_[first.index()], count);
    for (std::size_t i = 0; i < count; ++i) alone_.prefetch(Slot{first.index() + i});
  }
  [[nodiscard]] BlockKey key(Slot slot) const { return chained_ ? rows_[slot.index()].key : alone_.key(slot); }
  [[nodiscard]] std::size_t size() const { return chained_ ? size_ : alone_.size(); }

 private:
  struct Row {
    BlockKey key{};
    ChainPlace place;
    bool live = false;
    [[nodiscard]] PlacedKey object() const { return {key, place}; }
  };
  struct Content {
    const Row* rows;
    std::optional<PlacedKey> operator()(std::uint32_t slot) const {
      return rows[slot].live ? std::optional{rows[slot].object()} : std::nullopt;
    }
  };

  [[nodiscard]] Content content() const { return {rows_.data()}; }
  [[gnu::noinline]] void start_again() {
    map_.start_again(content(), [this](const auto& put) {
      for (std::uint32_t i = 0; i < rows_.size(); ++i) {
        if (rows_[i].live) put(rows_[i].object(), Slot{i});
      }
    });
  }

  bool chained_;
  std::size_t most_;
  KeyTable alone_;
  ChainMap<Slot> map_;                         // entries may be stale: they are checked when found
  std::vector<Row, HugeAllocator<Row>> rows_;  // by slot
  std::vector<std::uint32_t> free_;
  std::size_t size_ = 0;
};

}  // namespace cleave

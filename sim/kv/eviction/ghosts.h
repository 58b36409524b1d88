#pragma once
// Keys of blocks that have gone, oldest first: what adaptive policies remember.

#include "sim/kv/eviction/key_table.h"
#include "sim/kv/eviction/slot_lists.h"

namespace cleave {

class Ghosts {
 public:
  [[nodiscard]] std::size_t size() const { return table_.size(); }
  [[nodiscard]] bool empty() const { return table_.size() == 0; }
  /// Where the key's ghost is. Indexes what a policy remembers beside the key.
  [[nodiscard]] std::optional<Slot> find(BlockKey key) const { return table_.find(key); }

  /// `key` must not be there.
  Slot push(BlockKey key) {
    const Slot ghost = table_.insert(key);
    lists_.push_head(queue_, ghost);
    return ghost;
  }
  void remove(Slot ghost) {
    lists_.remove(queue_, ghost);
    table_.erase(ghost);
  }
  /// Forgets the key. Result: whether it was there.
  bool remove(BlockKey key) {
    const std::optional<Slot> ghost = find(key);
    if (ghost) remove(*ghost);
    return ghost.has_value();
  }
  void drop_oldest() { remove(SlotLists::tail(queue_)); }
  /// Pushes, and keeps at most `limit` keys.
  void push_bounded(BlockKey key, std::size_t limit) {
    if (limit == 0) return;
    if (size() >= limit) drop_oldest();
    push(key);
  }

 private:
  KeyTable table_;
  SlotLists lists_;
  SlotLists::List queue_;
};

}  // namespace cleave

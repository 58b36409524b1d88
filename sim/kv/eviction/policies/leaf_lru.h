#pragma once

#include <limits>

#include "models/units/check.h"
#include "sim/kv/eviction/policy_params.h"
#include "sim/kv/eviction/slot_array.h"
#include "sim/kv/eviction/slot_heap.h"

namespace cleave {

/// LRU on the prefix tree: only blocks without cached children go, those of the oldest request first, deeper ones
/// first within a request. A parent thus never goes before its child.
/// Shape: a request's blocks come one after another, from its first; the block before is the parent.
/// Source: SGLang's radix cache; Zheng et al., "SGLang", NeurIPS 2024.
class LeafLru {
 public:
  explicit LeafLru(const PolicyParams&) {}
  void hit(Slot slot, const Access& access) {
    Node& node = nodes_[slot];
    node.request = access.request;
    if (node.children == 0) leaves_.change(slot, rank(node));
    before_ = slot;
  }
  void insert(Slot slot, const Access& access) {
    nodes_.set(slot, {before_, access.request, access.depth, 0, access.depth > 0});
    const Node& node = nodes_[slot];
    leaves_.push(slot, rank(node));
    if (node.has_parent && nodes_[node.parent].children++ == 0) leaves_.remove(node.parent);
    before_ = slot;
  }
  /// A pinned block is no leaf: it stays, and so do those before it. As many unpin().
  void pin(Slot slot) {
    if (nodes_[slot].children++ == 0) leaves_.remove(slot);
  }
  void unpin(Slot slot) {
    if (--nodes_[slot].children == 0) leaves_.push(slot, rank(nodes_[slot]));
  }
  [[nodiscard]] bool has_leaf() const { return !leaves_.empty(); }
  [[nodiscard]] bool is_leaf(Slot slot) const { return nodes_[slot].children == 0; }

  /// The block must have no cached children.
  void erase(Slot slot) {
    const Node& node = nodes_[slot];
    SIM_CHECK(node.children == 0, "a block leaves the prefix tree after its children");
    leaves_.remove(slot);
    if (node.has_parent && --nodes_[node.parent].children == 0) leaves_.push(node.parent, rank(nodes_[node.parent]));
  }
  Slot victim(const Access&) {
    const Slot slot = leaves_.lowest();
    erase(slot);
    return slot;
  }

 private:
  struct Node {
    Slot parent;
    std::uint32_t request = 0;  // the last that used it
    std::uint32_t depth = 0;
    std::uint32_t children = 0;
    bool has_parent = false;
  };
  static Rank rank(const Node& node) {
    return {static_cast<double>(node.request), std::numeric_limits<std::uint32_t>::max() - node.depth};
  }

  SlotArray<Node> nodes_;
  SlotHeap leaves_;
  Slot before_;  // touched last
};

}  // namespace cleave

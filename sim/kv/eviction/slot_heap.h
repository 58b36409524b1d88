#pragma once
// A heap of ranked slots in which ranks can change and slots can leave from anywhere.

#include <compare>
#include <cstdint>
#include <vector>

#include "models/units/check.h"
#include "sim/kv/eviction/slot_array.h"

namespace cleave {

/// What goes first: the lowest score; among equals the lowest order.
struct Rank {
  double score = 0;
  std::uint64_t order = 0;
  auto operator<=>(const Rank&) const = default;
};

/// Four children a node: half the levels of a binary heap, and siblings that share cache lines.
class SlotHeap {
 public:
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  [[nodiscard]] bool empty() const { return nodes_.empty(); }
  [[nodiscard]] Slot lowest() const {
    SIM_CHECK(!nodes_.empty(), "no block is left to evict");
    return nodes_.front().slot;
  }
  [[nodiscard]] const Rank& rank(Slot slot) const { return nodes_[place_[slot]].rank; }

  void push(Slot slot, const Rank& rank) {
    place_.set(slot, nodes_.size());
    nodes_.push_back({rank, slot});
    rise(nodes_.size() - 1);
  }
  void change(Slot slot, const Rank& rank) {
    const std::size_t at = place_[slot];
    const bool lower = rank < nodes_[at].rank;
    nodes_[at].rank = rank;
    lower ? rise(at) : sink(at);
  }
  void remove(Slot slot) {
    const std::size_t at = place_[slot];
    const Node last = nodes_.back();
    nodes_.pop_back();
    if (at == nodes_.size()) return;
    put(at, last);
    rise(at);
    sink(place_[last.slot]);
  }

 private:
  struct Node {
    Rank rank;
    Slot slot;
  };
  void put(std::size_t at, const Node& node) {
    nodes_[at] = node;
    place_[node.slot] = at;
  }
  void rise(std::size_t at) {
    const Node node = nodes_[at];
    while (at > 0 && node.rank < nodes_[(at - 1) / 4].rank) {
      put(at, nodes_[(at - 1) / 4]);
      at = (at - 1) / 4;
    }
    put(at, node);
  }
  void sink(std::size_t at) {
    const Node node = nodes_[at];
    for (std::size_t first = 4 * at + 1; first < nodes_.size(); first = 4 * at + 1) {
      std::size_t least = first;
      for (std::size_t child = first + 1; child < first + 4 && child < nodes_.size(); ++child) {
        if (nodes_[child].rank < nodes_[least].rank) least = child;
      }
      if (node.rank < nodes_[least].rank) break;
      put(at, nodes_[least]);
      at = least;
    }
    put(at, node);
  }

  std::vector<Node> nodes_;
  SlotArray<std::size_t> place_;
};

}  // namespace cleave

#pragma once
// Which holders have which blocks, with chains stored as runs: the memory of every prefix index.

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "models/units/keys.h"
#include "models/units/units.h"
#include "sim/kv/huge_allocator.h"
#include "sim/kv/index/head_table.h"
#include "sim/kv/prefetch.h"

namespace cleave {

/// Who holds blocks: a replica, or a tier.
using HolderId = Id<struct HolderTag>;

/// Where a key stands in the index: its node and its offset there. Valid while some layer has the key, or it is pinned.
using ChainPosition = Id<struct ChainPositionTag>;

/// Some keys of one node: a bit for each.
struct KeySet {
  static constexpr std::uint32_t kMost = 32;

  constexpr KeySet() = default;
  constexpr KeySet(std::uint32_t of_node, std::uint32_t key_bits) : node(of_node), bits(key_bits) {}
  constexpr KeySet(ChainPosition at)  // NOLINT(google-explicit-constructor): a set of one
      : node(at.value() / kMost), bits(1U << at.value() % kMost) {}
  [[nodiscard]] ChainPosition first() const {
    return ChainPosition{std::size_t{node} * kMost + static_cast<std::uint32_t>(std::countr_zero(bits))};
  }
  [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(std::popcount(bits)); }

  std::uint32_t node = 0;
  std::uint32_t bits = 0;
};

/// The lowest `count` bits.
constexpr std::uint32_t low_bits(std::uint32_t count) {
  return count >= 32 ? 0xffffffffU : (1U << count) - 1;
}

/// Consecutive keys of one node.
struct ChainPiece {
  ChainPosition first;
  std::uint32_t count = 0;
  [[nodiscard]] KeySet keys() const {
    const KeySet one{first};
    return {one.node, low_bits(count) << std::countr_zero(one.bits)};
  }
};

/// How many leading keys are equal. Keys chain what is before them, so equality is monotone: the last settles the
/// usual case, bisection the rest.
inline std::uint32_t common_keys(const BlockKey* node, const BlockKey* keys, std::uint32_t count) {
  if (node[count - 1] == keys[count - 1]) return count;
  std::uint32_t low = 1;  // the first is equal: it was found by it
  std::uint32_t high = count - 1;
  while (low < high) {
    const std::uint32_t middle = (low + high) / 2;
    if (node[middle] == keys[middle])
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/// What is known of a holder's copy, kept side by side: what is, what an index was told, what a router guesses.
enum class Layer : std::uint8_t { truth, believed, predicted };
inline constexpr std::size_t kLayers = 3;

/// A set of layers: a copy counts if any of them has it.
class LayerSet {
 public:
  constexpr LayerSet(Layer only) : bits_(bit(only)) {}  // NOLINT(google-explicit-constructor): a set of one
  constexpr LayerSet(Layer a, Layer b) : bits_(static_cast<std::uint8_t>(bit(a) | bit(b))) {}
  [[nodiscard]] constexpr bool has(std::size_t layer) const { return (bits_ >> layer & 1) != 0; }

 private:
  static constexpr std::uint8_t bit(Layer layer) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(layer));
  }
  std::uint8_t bits_;
};

/// A radix tree over block keys without child pointers: a key chains all before it, so a node is found by its first
/// key alone, and one comparison with a node's last key settles the whole node. A node holds up to 32 keys and, for
/// each holder, a bit for each of them. A walk costs one table look-up for 32 blocks.
class ChainIndex {
 public:
  static constexpr std::uint32_t kNodeKeys = KeySet::kMost;

  /// Where consecutive keys of a chain are: as many of the first ones as lie in one node, at least one. The chain
  /// predecessor of the first is at `parent` (nullopt: it begins a chain, or its predecessor is not known). Adds keys
  /// that are new.
  ChainPiece place(std::optional<ChainPosition> parent, std::span<const BlockKey> keys);
  ChainPosition place(std::optional<ChainPosition> parent, BlockKey key) { return place(parent, {&key, 1}).first; }

  /// Adds a chain from its first key on, and says that `holder` has all of it. `touched` is kept with the guess layer.
  void insert(std::span<const BlockKey> chain, HolderId holder, Layer layer, TimePoint touched = kStartOfTime);

  void set(Layer layer, HolderId holder, KeySet keys);
  /// A position that no layer has, and that is not pinned, is forgotten with its node.
  void clear(Layer layer, HolderId holder, KeySet keys);
  [[nodiscard]] bool has(Layer layer, HolderId holder, ChainPosition at) const;

  /// The node of some keys will be needed soon.
  void prefetch(KeySet keys) const { prefetch_line(&nodes_[keys.node]); }
  /// It may be forgotten soon.
  void prefetch_head(KeySet keys) const { heads_.prefetch(nodes_[keys.node].keys[0]); }

  /// Someone will come back for these keys: their node stays until as many unpin().
  void pin(KeySet keys) { ++nodes_[keys.node].pins; }
  void unpin(KeySet keys);

  /// Leading keys that a holder has in any of `layers`.
  [[nodiscard]] std::size_t match(std::span<const BlockKey> keys, HolderId holder, LayerSet layers) const;
  /// The same for all holders in one walk. Shape: `out` is indexed by HolderId; holders beyond its size are left out.
  void match_all(std::span<const BlockKey> keys, LayerSet layers, std::span<std::uint32_t> out) const;

  [[nodiscard]] BlockKey key(ChainPosition at) const { return nodes_[node_of(at)].keys[offset_of(at)]; }

  /// Calls fn(key) for each, in their order in the chain.
  template <class Fn>
  void for_each_key(KeySet keys, const Fn& fn) const {
    const auto& all = nodes_[keys.node].keys;
    for (std::uint32_t bits = keys.bits; bits != 0; bits &= bits - 1) {
      fn(all[static_cast<std::size_t>(std::countr_zero(bits))]);
    }
  }

  /// Calls fn(position) for each key that `holder` has in `layer`. In order of nodes: linear in the whole index.
  template <class Fn>
  void for_each(Layer layer, HolderId holder, const Fn& fn) const {
    for (std::uint32_t n = 0; n < nodes_.size(); ++n) {
      const Entry* entry = nodes_[n].size == 0 ? nullptr : find_entry(n, holder);
      std::uint32_t bits = entry == nullptr ? 0 : entry->layers[static_cast<std::size_t>(layer)];
      for (; bits != 0; bits &= bits - 1) {
        fn(ChainPosition{std::size_t{n} * kNodeKeys + static_cast<std::uint32_t>(__builtin_ctz(bits))});
      }
    }
  }

  /// Calls fn(position) for the first key of each node along a chain.
  template <class Fn>
  void nodes_along(std::span<const BlockKey> keys, const Fn& fn) const {
    walk(keys, [&](const Node& node, std::size_t, std::uint32_t) {
      fn(ChainPosition{static_cast<std::size_t>(&node - nodes_.data()) * kNodeKeys});
      return true;
    });
  }

  /// Forgets a layer of one holder.
  void clear_layer(Layer layer, HolderId holder);

  /// Forgets what `holder` has in the guess layer of the node at `at`, if nobody touched it after `time`. Result: keys
  /// forgotten.
  std::uint32_t expire(ChainPosition at, HolderId holder, TimePoint time);

  /// Copies (key, holder) in a layer.
  [[nodiscard]] std::uint64_t copies(Layer layer) const { return copies_[static_cast<std::size_t>(layer)]; }
  [[nodiscard]] std::size_t nodes() const { return nodes_.size() - free_nodes_.size(); }
  /// Memory in use by the index's arrays.
  [[nodiscard]] std::size_t bytes() const;
  /// Recounts everything; a bug aborts. Linear.
  void check_consistency() const;

 private:
  static constexpr std::uint32_t kNone = 0xffffffffU;
  struct Entry {
    std::uint32_t holder = kNone;  // nobody
    std::uint32_t next = kNone;
    std::array<std::uint32_t, kLayers> layers{};  // a bit a key
    std::uint32_t pad = 0;
    TimePoint touched;  // the guess layer
  };
  /// Most chains have one holder: its entry is in the first line of memory, with all that is not keys.
  struct alignas(64) Node {
    Entry first;  // of a holder, or nobody; `next`: the list of the other holders
    std::uint32_t pins = 0;
    std::uint32_t size = 0;  // keys; 0: free
    std::array<BlockKey, kNodeKeys> keys;

    [[nodiscard]] bool has_holders() const { return first.holder != kNone || first.next != kNone; }
  };
  static_assert(sizeof(Node) == 320);

  [[nodiscard]] static std::uint32_t node_of(ChainPosition at) { return at.value() / kNodeKeys; }
  [[nodiscard]] static std::uint32_t offset_of(ChainPosition at) { return at.value() % kNodeKeys; }
  [[nodiscard]] std::uint32_t find_head(BlockKey key) const {
    return heads_.find(key, [this](std::uint32_t n) { return nodes_[n].keys[0]; });
  }
  std::uint32_t add_node(std::span<const BlockKey> keys);
  /// How many of `keys` a node has from number `from` on, after taking in what is new and fits behind its last.
  std::uint32_t extend(std::uint32_t node, std::uint32_t from, std::span<const BlockKey> keys);
  void drop_if_empty(std::uint32_t node);
  [[nodiscard]] const Entry* find_entry(const Node& node, HolderId holder) const;
  [[nodiscard]] const Entry* find_entry(std::uint32_t node, HolderId holder) const {
    return find_entry(nodes_[node], holder);
  }
  Entry& entry_of(std::uint32_t node, HolderId holder);
  /// Calls fn(entry) for each holder.
  template <class Fn>
  void for_each_entry(const Node& node, const Fn& fn) const {
    if (node.first.holder != kNone) fn(node.first);
    for (std::uint32_t e = node.first.next; e != kNone; e = entries_[e].next) fn(entries_[e]);
  }
  void drop_entry_if_empty(std::uint32_t node, HolderId holder);
  /// Calls fn(node, first, count) for each node along `keys`: `count` keys from number `first` on are its leading ones.
  /// Stops when the chain is not known further, or fn returns false.
  template <class Fn>
  void walk(std::span<const BlockKey> keys, const Fn& fn) const;
  [[nodiscard]] static std::uint32_t bits_of(const Entry& entry, LayerSet layers);

  std::vector<Node, HugeAllocator<Node>> nodes_;
  std::vector<std::uint32_t> free_nodes_;
  std::vector<Entry, HugeAllocator<Entry>> entries_;  // beyond the first of each node
  std::vector<std::uint32_t> free_entries_;
  HeadTable heads_;
  std::array<std::uint64_t, kLayers> copies_{};
};

template <class Fn>
void ChainIndex::walk(std::span<const BlockKey> keys, const Fn& fn) const {
  for (std::size_t at = 0; at < keys.size();) {
    // Runs are mostly full: the next node's entry is fetched while this node is read.
    if (at + kNodeKeys < keys.size()) heads_.prefetch(keys[at + kNodeKeys]);
    const std::uint32_t index = find_head(keys[at]);
    if (index == kNone) return;
    const Node& node = nodes_[index];
    const auto most = static_cast<std::uint32_t>(std::min<std::size_t>(node.size, keys.size() - at));
    const std::uint32_t count = common_keys(node.keys.data(), &keys[at], most);
    if (!fn(node, at, count)) return;
    at += count;
  }
}

}  // namespace cleave

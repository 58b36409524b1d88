#include "sim/kv/index/chain_index.h"

#include <algorithm>
#include <bit>

#include "models/units/check.h"

namespace cleave {

std::uint32_t ChainIndex::add_node(std::span<const BlockKey> keys) {
  std::uint32_t index = 0;
  if (free_nodes_.empty()) {
    index = static_cast<std::uint32_t>(nodes_.size());
    nodes_.emplace_back();
  } else {
    index = free_nodes_.back();
    free_nodes_.pop_back();
  }
  Node& node = nodes_[index];
  node.first = Entry{};
  node.pins = 0;
  node.size = static_cast<std::uint32_t>(keys.size());
  std::copy(keys.begin(), keys.end(), node.keys.begin());
  heads_.insert(keys[0], index);
  return index;
}

std::uint32_t ChainIndex::extend(std::uint32_t index, std::uint32_t from, std::span<const BlockKey> keys) {
  Node& node = nodes_[index];
  std::uint32_t count = 0;
  while (count < keys.size() && from + count < node.size && node.keys[from + count] == keys[count]) ++count;
  while (count < keys.size() && from + count == node.size && node.size < kNodeKeys && find_head(keys[count]) == kNone) {
    node.keys[node.size++] = keys[count++];
  }
  return count;
}

ChainPiece ChainIndex::place(std::optional<ChainPosition> parent, std::span<const BlockKey> keys) {
  if (parent) {
    const std::uint32_t count = extend(node_of(*parent), offset_of(*parent) + 1, keys);
    if (count > 0) return {ChainPosition{parent->index() + 1}, count};
  }
  const std::uint32_t head = find_head(keys[0]);
  const std::uint32_t at = head != kNone ? head : add_node(keys.first(1));
  return {ChainPosition{std::size_t{at} * kNodeKeys}, extend(at, 0, keys)};
}

void ChainIndex::insert(std::span<const BlockKey> chain, HolderId holder, Layer layer, TimePoint touched) {
  const auto l = static_cast<std::size_t>(layer);
  std::uint32_t before = kNone;  // the node that the chain left last, if it left it at its end
  for (std::size_t at = 0; at < chain.size();) {
    if (at + kNodeKeys < chain.size()) heads_.prefetch(chain[at + kNodeKeys]);
    std::uint32_t index = find_head(chain[at]);
    std::uint32_t from = 0;   // of the node's keys, the first of this piece
    std::uint32_t count = 0;  // keys of this piece
    const std::size_t left = chain.size() - at;
    if (index != kNone) {
      const auto most = static_cast<std::uint32_t>(std::min<std::size_t>(nodes_[index].size, left));
      count = common_keys(nodes_[index].keys.data(), &chain[at], most);
    } else if (before != kNone && nodes_[before].size < kNodeKeys) {
      index = before;  // the run goes on
      Node& node = nodes_[index];
      from = node.size;
      count = static_cast<std::uint32_t>(std::min<std::size_t>(kNodeKeys - from, left));
      std::copy_n(&chain[at], count, node.keys.begin() + from);
      node.size += count;
    } else {
      count = static_cast<std::uint32_t>(std::min<std::size_t>(kNodeKeys, left));
      index = add_node(chain.subspan(at, count));
    }
    Entry& entry = entry_of(index, holder);
    const std::uint32_t bits = low_bits(from + count) & ~low_bits(from);
    copies_[l] += static_cast<std::uint64_t>(std::popcount(bits & ~entry.layers[l]));
    entry.layers[l] |= bits;
    entry.touched = std::max(entry.touched, touched);
    before = from + count == nodes_[index].size ? index : kNone;
    at += count;
  }
}

const ChainIndex::Entry* ChainIndex::find_entry(const Node& node, HolderId holder) const {
  if (node.first.holder == holder.value()) return &node.first;
  for (std::uint32_t e = node.first.next; e != kNone; e = entries_[e].next) {
    if (entries_[e].holder == holder.value()) return &entries_[e];
  }
  return nullptr;
}

ChainIndex::Entry& ChainIndex::entry_of(std::uint32_t node, HolderId holder) {
  if (const Entry* known = find_entry(node, holder)) return const_cast<Entry&>(*known);  // this index's own
  Entry& first = nodes_[node].first;
  if (first.holder == kNone) {
    first = Entry{holder.value(), first.next, {}, 0, {}};
    return first;
  }
  std::uint32_t e = 0;
  if (free_entries_.empty()) {
    e = static_cast<std::uint32_t>(entries_.size());
    entries_.emplace_back();
  } else {
    e = free_entries_.back();
    free_entries_.pop_back();
  }
  entries_[e] = Entry{holder.value(), first.next, {}, 0, {}};
  first.next = e;
  return entries_[e];
}

void ChainIndex::drop_entry_if_empty(std::uint32_t node, HolderId holder) {
  const auto is_empty = [](const Entry& entry) { return (entry.layers[0] | entry.layers[1] | entry.layers[2]) == 0; };
  Entry& first = nodes_[node].first;
  if (first.holder == holder.value()) {
    if (is_empty(first)) first.holder = kNone;
    return;
  }
  std::uint32_t* link = &first.next;
  while (*link != kNone && entries_[*link].holder != holder.value()) link = &entries_[*link].next;
  if (*link == kNone) return;
  const Entry& entry = entries_[*link];
  if (!is_empty(entry)) return;
  free_entries_.push_back(*link);
  *link = entry.next;
}

void ChainIndex::drop_if_empty(std::uint32_t index) {
  Node& node = nodes_[index];
  if (node.has_holders() || node.pins != 0 || node.size == 0) return;
  heads_.erase(node.keys[0], index);
  node.size = 0;
  free_nodes_.push_back(index);
}

void ChainIndex::set(Layer layer, HolderId holder, KeySet keys) {
  const auto l = static_cast<std::size_t>(layer);
  Entry& entry = entry_of(keys.node, holder);
  copies_[l] += static_cast<std::uint64_t>(std::popcount(keys.bits & ~entry.layers[l]));
  entry.layers[l] |= keys.bits;
}

void ChainIndex::clear(Layer layer, HolderId holder, KeySet keys) {
  const auto l = static_cast<std::size_t>(layer);
  const Entry* known = find_entry(keys.node, holder);
  if (known == nullptr || (known->layers[l] & keys.bits) == 0) return;
  Entry& entry = entry_of(keys.node, holder);
  copies_[l] -= static_cast<std::uint64_t>(std::popcount(keys.bits & entry.layers[l]));
  entry.layers[l] &= ~keys.bits;
  drop_entry_if_empty(keys.node, holder);
  drop_if_empty(keys.node);
}

bool ChainIndex::has(Layer layer, HolderId holder, ChainPosition at) const {
  const Entry* entry = find_entry(node_of(at), holder);
  return entry != nullptr && (entry->layers[static_cast<std::size_t>(layer)] >> offset_of(at) & 1U) != 0;
}

void ChainIndex::unpin(KeySet keys) {
  Node& node = nodes_[keys.node];
  SIM_CHECK(node.pins > 0, "a position is let go more often than it was pinned");
  if (--node.pins == 0) drop_if_empty(keys.node);
}

void ChainIndex::clear_layer(Layer layer, HolderId holder) {
  const auto l = static_cast<std::size_t>(layer);
  for (std::uint32_t n = 0; n < nodes_.size(); ++n) {
    if (nodes_[n].size == 0 || find_entry(n, holder) == nullptr) continue;
    Entry& entry = entry_of(n, holder);
    copies_[l] -= static_cast<std::uint64_t>(std::popcount(entry.layers[l]));
    entry.layers[l] = 0;
    drop_entry_if_empty(n, holder);
    drop_if_empty(n);
  }
}

std::uint32_t ChainIndex::expire(ChainPosition at, HolderId holder, TimePoint time) {
  constexpr auto l = static_cast<std::size_t>(Layer::predicted);
  const std::uint32_t index = node_of(at);
  const Entry* known = nodes_[index].size == 0 ? nullptr : find_entry(index, holder);
  if (known == nullptr || known->touched > time || known->layers[l] == 0) return 0;
  Entry& entry = entry_of(index, holder);
  const auto gone = static_cast<std::uint32_t>(std::popcount(entry.layers[l]));
  copies_[l] -= gone;
  entry.layers[l] = 0;
  drop_entry_if_empty(index, holder);
  drop_if_empty(index);
  return gone;
}

std::uint32_t ChainIndex::bits_of(const Entry& entry, LayerSet layers) {
  std::uint32_t bits = 0;
  for (std::size_t l = 0; l < kLayers; ++l) bits |= layers.has(l) ? entry.layers[l] : 0;
  return bits;
}

std::size_t ChainIndex::match(std::span<const BlockKey> keys, HolderId holder, LayerSet layers) const {
  std::size_t matched = 0;
  walk(keys, [&](const Node& node, std::size_t first, std::uint32_t count) {
    const Entry* entry = find_entry(node, holder);
    if (entry == nullptr) return false;
    const auto run = std::min(count, static_cast<std::uint32_t>(std::countr_one(bits_of(*entry, layers))));
    matched = first + run;
    return run == count;
  });
  return matched;
}

void ChainIndex::match_all(std::span<const BlockKey> keys, LayerSet layers, std::span<std::uint32_t> out) const {
  std::fill(out.begin(), out.end(), 0U);
  walk(keys, [&](const Node& node, std::size_t first, std::uint32_t count) {
    bool goes_on = false;
    for_each_entry(node, [&](const Entry& entry) {
      if (entry.holder >= out.size() || out[entry.holder] != first) return;  // broke off before
      const auto run = std::min(count, static_cast<std::uint32_t>(std::countr_one(bits_of(entry, layers))));
      out[entry.holder] += run;
      goes_on = goes_on || run == count;
    });
    return goes_on;
  });
}

std::size_t ChainIndex::bytes() const {
  return nodes_.capacity() * sizeof(Node) + entries_.capacity() * sizeof(Entry) +
         (free_nodes_.capacity() + free_entries_.capacity()) * sizeof(std::uint32_t) + heads_.bytes();
}

void ChainIndex::check_consistency() const {
  std::array<std::uint64_t, kLayers> counted{};
  std::size_t live = 0;
  for (std::uint32_t n = 0; n < nodes_.size(); ++n) {
    const Node& node = nodes_[n];
    if (node.size == 0) continue;
    ++live;
    SIM_CHECK(find_head(node.keys[0]) == n, "a node cannot be found by its first key");
    SIM_CHECK(node.has_holders() || node.pins > 0, "an index node that nobody needs");
    for_each_entry(node, [&](const Entry& entry) {
      for (std::size_t l = 0; l < kLayers; ++l) {
        SIM_CHECK((entry.layers[l] & ~low_bits(node.size)) == 0, "a holder has keys that the node lacks");
        counted[l] += static_cast<std::uint64_t>(std::popcount(entry.layers[l]));
      }
    });
  }
  SIM_CHECK(live == heads_.size() && live == nodes(), "the index's count of nodes is wrong");
  SIM_CHECK(counted == copies_, "the index's counts of copies are wrong");
}

}  // namespace cleave

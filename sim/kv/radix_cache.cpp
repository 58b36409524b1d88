#include "sim/kv/radix_cache.h"

#include <algorithm>
#include <limits>

#include "models/units/check.h"

namespace cleave {

RadixCache::RadixCache(const RadixCacheParams& params) : params_(params) {
  SIM_CHECK(!params.pages || *params.pages > 0, "a pool without pages");
  clear();
}

std::int64_t RadixCache::free_blocks() const {
  if (unlimited()) return std::numeric_limits<std::int64_t>::max() / 2;
  return *params_.pages - locked_pages_ - private_pages_;
}

// --- looking -----------------------------------------------------------------------------------------------------

RadixCache::Found RadixCache::find(std::span<const BlockKey> keys) const {
  Found found;
  while (found.total < keys.size()) {
    const auto next = by_first_key_.find(static_cast<std::uint64_t>(keys[found.total]));
    if (next == by_first_key_.end()) break;
    const std::vector<Page>& pages = nodes_[next->second].pages;
    const auto rest = keys.subspan(found.total);
    // A key stands for all before it, so the pages that agree come first: look for the last of them.
    std::size_t agree = 1;
    std::size_t most = std::min(pages.size(), rest.size());
    if (pages[most - 1].key == rest[most - 1]) agree = most;
    while (agree < most) {
      const std::size_t middle = (agree + most) / 2;
      if (pages[middle].key == rest[middle])
        agree = middle + 1;
      else
        most = middle;
    }
    found.node = next->second;
    found.inside = agree;
    found.total += agree;
    if (agree < pages.size()) break;
  }
  return found;
}

std::size_t RadixCache::match(std::span<const BlockKey> keys) const {
  return params_.prefix_caching ? find(keys).total : 0;
}

std::size_t RadixCache::match_to_use(std::span<const BlockKey> keys) {
  if (!params_.prefix_caching) return 0;
  const Found found = find(keys);
  std::uint32_t end = found.node;
  if (end != kRoot && found.inside < nodes_[end].pages.size()) end = split(end, found.inside);
  ++uses_;
  for (; end != kRoot; end = nodes_[end].parent) use(end);
  return found.total;
}

std::int64_t RadixCache::idle_among(std::span<const BlockKey> keys) const {
  const Found found = find(keys);
  std::int64_t idle = 0;
  for (std::uint32_t n = found.node; n != kRoot; n = nodes_[n].parent) {
    if (nodes_[n].locks > 0) break;  // and so are all nodes above
    idle += static_cast<std::int64_t>(n == found.node ? found.inside : nodes_[n].pages.size());
  }
  return idle;
}

KvOrigin RadixCache::origin_of(std::span<const BlockKey> keys) const {
  const Found found = find(keys);
  SIM_CHECK(found.total == keys.size() && found.total > 0, "origin of a page that is not cached");
  return nodes_[found.node].pages[found.inside - 1].origin;
}

std::int64_t RadixCache::decoded_among(std::span<const BlockKey> keys) const {
  const Found found = find(keys);
  std::int64_t decoded = 0;
  for (std::uint32_t n = found.node; n != kRoot; n = nodes_[n].parent) {
    const std::vector<Page>& pages = nodes_[n].pages;
    const auto end = pages.begin() + static_cast<std::ptrdiff_t>(n == found.node ? found.inside : pages.size());
    decoded += std::count_if(pages.begin(), end, [](const Page& page) { return page.origin == KvOrigin::decode; });
  }
  return decoded;
}

std::size_t RadixCache::last_end(std::span<const BlockKey> keys) const {
  const Found found = find(keys);
  return found.inside == nodes_[found.node].pages.size() ? found.total : found.total - found.inside;
}

std::vector<std::uint32_t> RadixCache::path_of(std::span<const BlockKey> keys) const {
  std::vector<std::uint32_t> path;
  for (std::uint32_t n = find(keys).node; n != kRoot; n = nodes_[n].parent) path.push_back(n);
  std::reverse(path.begin(), path.end());
  return path;
}

// --- the tree ----------------------------------------------------------------------------------------------------

std::pair<std::int64_t, std::uint64_t> RadixCache::rank(const Node& node) const {
  switch (params_.eviction) {
    case RadixEviction::lru:
      return {0, node.used};
    case RadixEviction::lfu:
      return {static_cast<std::int64_t>(node.hits), node.used};
    case RadixEviction::fifo:
      return {static_cast<std::int64_t>(node.created), node.used};
    case RadixEviction::mru:
      return {-static_cast<std::int64_t>(node.used), node.used};
    case RadixEviction::filo:
      return {-static_cast<std::int64_t>(node.created), node.used};
  }
  return {};
}

void RadixCache::list(std::uint32_t index) {
  const Node& node = nodes_[index];
  if (index != kRoot && node.locks == 0 && node.children == 0) evictable_.insert({rank(node), index});
}

void RadixCache::unlist(std::uint32_t index) {
  const Node& node = nodes_[index];
  if (index != kRoot && node.locks == 0 && node.children == 0) evictable_.erase({rank(node), index});
}

void RadixCache::use(std::uint32_t index) {
  unlist(index);
  nodes_[index].used = uses_;
  ++nodes_[index].hits;
  list(index);
}

std::uint32_t RadixCache::new_node(std::uint32_t parent) {
  if (free_nodes_.empty()) {
    free_nodes_.push_back(static_cast<std::uint32_t>(nodes_.size()));
    nodes_.emplace_back();
  }
  const std::uint32_t index = free_nodes_.back();
  free_nodes_.pop_back();
  Node& node = nodes_[index];
  node.pages.clear();
  node.parent = parent;
  node.children = node.locks = 0;
  node.used = node.created = uses_;
  node.hits = 0;
  node.quiet = false;
  node.live = true;
  return index;
}

/// The first `at` pages become a node of their own above the rest, which keeps its index, its children and its holders.
/// Returns the upper node.
std::uint32_t RadixCache::split(std::uint32_t lower, std::size_t at) {
  unlist(lower);
  const std::uint32_t upper = new_node(nodes_[lower].parent);
  Node& up = nodes_[upper];
  Node& low = nodes_[lower];
  const auto cut = low.pages.begin() + static_cast<std::ptrdiff_t>(at);
  up.pages.assign(low.pages.begin(), cut);
  low.pages.erase(low.pages.begin(), cut);
  up.children = 1;
  up.locks = low.locks;
  up.used = low.used;
  up.created = low.created;
  up.hits = low.hits;
  up.quiet = low.quiet;
  low.parent = upper;
  by_first_key_[static_cast<std::uint64_t>(up.pages.front().key)] = upper;
  by_first_key_[static_cast<std::uint64_t>(low.pages.front().key)] = lower;
  list(lower);
  return upper;
}

void RadixCache::lock(std::uint32_t index) {
  for (; index != kRoot; index = nodes_[index].parent) {
    unlist(index);
    Node& node = nodes_[index];
    if (node.locks++ == 0) locked_pages_ += static_cast<std::int64_t>(node.pages.size());
  }
}

void RadixCache::unlock(std::uint32_t index) {
  for (; index != kRoot; index = nodes_[index].parent) {
    Node& node = nodes_[index];
    SIM_CHECK(node.locks > 0, "a lock of the radix tree was returned twice");
    if (--node.locks == 0) locked_pages_ -= static_cast<std::int64_t>(node.pages.size());
    list(index);
  }
}

void RadixCache::remove(std::uint32_t index) {
  unlist(index);
  Node& node = nodes_[index];
  by_first_key_.erase(static_cast<std::uint64_t>(node.pages.front().key));
  if (observer_ != nullptr && !node.quiet) {
    told_.clear();
    for (const Page& page : node.pages) {
      told_.emplace_back(page.id);
      free_ids_.push_back(page.id);
    }
    observer_->on_forgotten(told_, true);
  }
  tree_pages_ -= static_cast<std::int64_t>(node.pages.size());
  counters_.evicted += node.pages.size();
  node.live = false;
  free_nodes_.push_back(index);
  if (node.parent != kRoot) {
    --nodes_[node.parent].children;
    list(node.parent);
  }
}

/// Leaves go whole until enough is free; a parent becomes a leaf when its last child is gone.
void RadixCache::evict(std::int64_t pages) {
  const std::int64_t target = tree_pages_ - pages;
  while (tree_pages_ > target && !evictable_.empty()) remove(evictable_.begin()->second);
}

// --- holding -----------------------------------------------------------------------------------------------------

bool RadixCache::take(std::int64_t pages) {
  if (pages > free_blocks()) return false;
  if (!unlimited()) {
    const std::int64_t unused = *params_.pages - tree_pages_ - private_pages_;
    if (pages > unused) evict(pages - unused);
  }
  private_pages_ += pages;
  counters_.allocated += static_cast<std::uint64_t>(pages);
  return true;
}

RadixCache::Hold& RadixCache::hold_of(std::vector<BlockId>& held) {
  if (held.empty()) {
    if (free_holds_.empty()) {
      free_holds_.push_back(static_cast<std::uint32_t>(holds_.size()));
      holds_.emplace_back();
    }
    held.push_back(BlockId{free_holds_.back()});
    free_holds_.pop_back();
    holds_[held.front().index()] = Hold{kRoot, 0, 0, true};
  }
  return holds_[held.front().index()];
}

void RadixCache::acquire(std::span<const BlockKey> keys, std::vector<BlockId>& held) {
  if (keys.empty()) return;
  Found found = find(keys);
  SIM_CHECK(found.total == keys.size(), "acquire of pages that are not cached");
  if (found.inside < nodes_[found.node].pages.size()) found.node = split(found.node, found.inside);
  Hold& hold = hold_of(held);
  SIM_CHECK(hold.tree == 0 && hold.own == 0, "a holder takes a cached prefix behind what it has");
  hold.node = found.node;
  hold.tree = static_cast<std::int64_t>(keys.size());
  lock(found.node);
}

bool RadixCache::allocate(std::int64_t count, std::vector<BlockId>& held) {
  if (count == 0) return true;
  if (!take(count)) return false;
  hold_of(held).own += count;
  return true;
}

std::uint32_t RadixCache::page_id() {
  if (free_ids_.empty()) return next_id_++;
  const std::uint32_t id = free_ids_.back();
  free_ids_.pop_back();
  return id;
}

std::uint32_t RadixCache::add(const Found& found, std::span<const BlockKey> keys, std::size_t decoded_from,
                              bool quiet) {
  std::uint32_t parent = found.node;
  if (parent != kRoot && found.inside < nodes_[parent].pages.size()) parent = split(parent, found.inside);
  ++uses_;
  for (std::uint32_t n = parent; n != kRoot; n = nodes_[n].parent) use(n);
  if (found.total == keys.size()) return parent;
  unlist(parent);
  const std::uint32_t leaf = new_node(parent);
  if (parent != kRoot) ++nodes_[parent].children;
  Node& node = nodes_[leaf];
  node.quiet = quiet;
  node.pages.reserve(keys.size() - found.total);
  std::optional<BlockId> before;
  const bool told = observer_ != nullptr && !quiet;
  if (told && parent != kRoot) before = BlockId{nodes_[parent].pages.back().id};
  told_.clear();
  for (std::size_t i = found.total; i < keys.size(); ++i) {
    Page page{keys[i], 0, i < decoded_from ? KvOrigin::prefill : KvOrigin::decode};
    if (told) {
      page.id = page_id();
      told_.emplace_back(page.id);
    }
    node.pages.push_back(page);
  }
  if (told) observer_->on_sealed({told_, keys.subspan(found.total), before, true});
  by_first_key_[static_cast<std::uint64_t>(keys[found.total])] = leaf;
  tree_pages_ += static_cast<std::int64_t>(node.pages.size());
  counters_.sealed += node.pages.size();
  list(leaf);
  return leaf;
}

/// The holder's own pages become the tree's; where the tree has the same content already, the holder's are free again.
void RadixCache::publish(std::vector<BlockId>& held, std::size_t sealed, std::span<const BlockKey> keys,
                         std::size_t decoded_from) {
  if (!params_.prefix_caching || held.empty() || keys.size() <= sealed) return;
  give(held.front().value(), keys, decoded_from, false);
}

void RadixCache::publish_quietly(std::vector<BlockId>& held, std::span<const BlockKey> keys) {
  if (!params_.prefix_caching || held.empty()) return;
  give(held.front().value(), keys, keys.size(), true);
}

void RadixCache::give(std::uint32_t handle, std::span<const BlockKey> keys, std::size_t decoded_from, bool quiet) {
  const auto given = static_cast<std::int64_t>(keys.size()) - holds_[handle].tree;
  if (given <= 0) return;
  SIM_CHECK(given <= holds_[handle].own, "a holder publishes pages that it does not have");
  holds_[handle].own -= given;
  private_pages_ -= given;
  const std::uint32_t node = add(find(keys), keys, decoded_from, quiet);
  lock(node);
  unlock(holds_[handle].node);
  holds_[handle].node = node;
  holds_[handle].tree = static_cast<std::int64_t>(keys.size());
}

void RadixCache::release(std::vector<BlockId>& held) {
  // Several handles: holders whose lists were joined.
  for (const BlockId handle : held) {
    Hold& hold = holds_[handle.index()];
    SIM_CHECK(hold.live, "a hold was returned twice");
    private_pages_ -= hold.own;
    unlock(hold.node);
    hold.live = false;
    free_holds_.push_back(handle.value());
  }
  held.clear();
}

std::int64_t RadixCache::store(std::span<const BlockKey> keys, std::size_t from) {
  if (!params_.prefix_caching) return 0;
  const Found found = find(keys);
  if (found.total < from) return 0;  // what they continue is gone
  std::vector<BlockId> prefix;
  acquire(keys.first(found.total), prefix);  // so that making room does not evict it
  const auto wanted = static_cast<std::int64_t>(keys.size() - found.total);
  const std::int64_t room = std::min(wanted, free_blocks());
  if (room > 0 && take(room)) {
    private_pages_ -= room;
    const auto kept = keys.first(found.total + static_cast<std::size_t>(room));
    add(find(kept), kept, from);
  }
  release(prefix);
  return room;
}

std::int64_t RadixCache::held_blocks(std::span<const BlockId> handles) const {
  std::int64_t held = 0;
  for (const BlockId handle : handles) held += holds_[handle.index()].tree + holds_[handle.index()].own;
  return held;
}

std::int64_t RadixCache::held_only_by(std::span<const BlockId> handles) const {
  std::vector<std::uint32_t> locked;  // a node for each lock of one of them
  std::int64_t only = 0;
  for (const BlockId handle : handles) {
    only += holds_[handle.index()].own;
    for (std::uint32_t n = holds_[handle.index()].node; n != kRoot; n = nodes_[n].parent) locked.push_back(n);
  }
  std::sort(locked.begin(), locked.end());
  for (auto first = locked.begin(); first != locked.end();) {
    const auto last = std::upper_bound(first, locked.end(), *first);
    const Node& node = nodes_[*first];
    only += last - first == static_cast<std::ptrdiff_t>(node.locks) ? static_cast<std::int64_t>(node.pages.size()) : 0;
    first = last;
  }
  return only;
}

std::int64_t RadixCache::references() const {
  std::int64_t held = 0;
  for (const Hold& hold : holds_) held += hold.live ? hold.tree + hold.own : 0;
  return held;
}

void RadixCache::clear() {
  nodes_.assign(1, Node{});
  nodes_[kRoot].live = true;
  free_nodes_.clear();
  by_first_key_.clear();
  evictable_.clear();
  holds_.clear();
  free_holds_.clear();
  free_ids_.clear();
  next_id_ = 0;
  tree_pages_ = locked_pages_ = private_pages_ = 0;
  if (observer_ != nullptr) observer_->on_cleared();
}

void RadixCache::check_consistency() const {
  std::int64_t tree = 0;
  std::int64_t locked = 0;
  std::size_t leaves = 0;
  std::vector<std::uint32_t> children(nodes_.size(), 0);
  std::vector<std::uint32_t> locks(nodes_.size(), 0);
  for (std::uint32_t i = 1; i < nodes_.size(); ++i) {
    const Node& node = nodes_[i];
    if (!node.live) continue;
    tree += static_cast<std::int64_t>(node.pages.size());
    locked += node.locks > 0 ? static_cast<std::int64_t>(node.pages.size()) : 0;
    leaves += node.locks == 0 && node.children == 0 ? 1 : 0;
    if (node.parent != kRoot) ++children[node.parent];
    SIM_CHECK(nodes_[node.parent].live, "a node of the radix tree hangs below one that is gone");
    SIM_CHECK(node.parent == kRoot || nodes_[node.parent].locks >= node.locks,
              "a lock does not protect the path above");
  }
  std::int64_t own = 0;
  for (const Hold& hold : holds_) {
    if (!hold.live) continue;
    own += hold.own;
    std::int64_t path = 0;
    for (std::uint32_t n = hold.node; n != kRoot; n = nodes_[n].parent) {
      ++locks[n];
      path += static_cast<std::int64_t>(nodes_[n].pages.size());
    }
    SIM_CHECK(path == hold.tree, "a holder's locked path is not what it holds");
  }
  for (std::uint32_t i = 1; i < nodes_.size(); ++i) {
    if (!nodes_[i].live) continue;
    SIM_CHECK(children[i] == nodes_[i].children, "the radix tree's counts of children are wrong");
    SIM_CHECK(locks[i] == nodes_[i].locks, "the radix tree's locks do not balance");
  }
  SIM_CHECK(tree == tree_pages_ && locked == locked_pages_ && own == private_pages_,
            "the radix tree's counts are wrong");
  SIM_CHECK(leaves == evictable_.size(), "the list of evictable leaves is wrong");
  SIM_CHECK(unlimited() || tree_pages_ + private_pages_ <= *params_.pages, "more pages than memory");
}

}  // namespace cleave

#include "sim/kv/block_pool.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "models/units/check.h"
#include "sim/kv/prefetch.h"

namespace cleave {
namespace {

/// Look-ups that are started before their turn: pools are larger than caches, so each line costs a trip to memory.
constexpr std::size_t kLookAhead = 10 * ChainPlace::kKeys;
/// Those that may be in vain, as nothing is looked up behind a miss.
constexpr std::size_t kMatchAhead = 2 * ChainPlace::kKeys;
/// Blocks that are let go are fetched so many before their turn.
constexpr std::ptrdiff_t kReleaseAhead = 12;

}  // namespace

BlockPool::BlockPool(const BlockPoolParams& params) : params_(params) {
  SIM_CHECK(!params.blocks || *params.blocks > 0, "a pool without blocks");
}

std::size_t BlockPool::match(std::span<const BlockKey> keys) const {
  if (!params_.prefix_caching) return 0;
  std::size_t matched = 0;
  while (matched < keys.size()) {
    if (matched % ChainPlace::kKeys == 0 && matched + kMatchAhead < keys.size()) {
      cached_.prefetch(ChainPlace{keys, matched + kMatchAhead});
    }
    if (!find(keys, matched)) break;
    ++matched;
  }
  return matched;
}

std::int64_t BlockPool::idle_among(std::span<const BlockKey> keys) const {
  std::int64_t idle = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) idle += blocks_[find(keys, i)->index()].holders == 0 ? 1 : 0;
  return idle;
}

KvOrigin BlockPool::origin_of(std::span<const BlockKey> keys) const {
  return blocks_[find(keys, keys.size() - 1)->index()].origin;
}

std::int64_t BlockPool::decoded_among(std::span<const BlockKey> keys) const {
  std::int64_t decoded = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    decoded += blocks_[find(keys, i)->index()].origin == KvOrigin::decode ? 1 : 0;
  }
  return decoded;
}

std::int64_t BlockPool::free_blocks() const {
  if (unlimited()) return std::numeric_limits<std::int64_t>::max() / 2;
  return *params_.blocks - used_;
}

void BlockPool::acquire(std::span<const BlockKey> keys, std::vector<BlockId>& out) {
  for (std::size_t i = 0; i < keys.size(); ++i) out.push_back(acquire_one(keys, i));
}

BlockId BlockPool::acquire_one(std::span<const BlockKey> keys, std::size_t i) {
  const auto id = find(keys, i);
  SIM_CHECK(id.has_value(), "acquire of a block that is not cached");
  hold_one(*id);
  return *id;
}

void BlockPool::hold_one(BlockId id) {
  Block& block = blocks_[id.index()];
  ++references_;
  if (block.holders++ > 0) return;
  if (block.ticket != FreeQueue::kNotQueued) {
    block.ticket = FreeQueue::kNotQueued;
    --queued_;
  }
  ++used_;
  --idle_cached_;
}

/// A block of its own that is held, and that its key leads to, is held once more without looking it up; others are
/// looked up.
void BlockPool::pin_own(std::span<const BlockKey> keys, std::span<const BlockId> own, std::vector<BlockId>& out) {
  const std::size_t first = out.size();
  out.resize(first + keys.size());
  std::int64_t again = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    Block* block = i < own.size() ? &blocks_[own[i].index()] : nullptr;
    if (block == nullptr || block->holders == 0 || !block->sealed || block->duplicate || block->key != keys[i]) {
      out[first + i] = acquire_one(keys, i);
      continue;
    }
    ++block->holders;
    ++again;
    out[first + i] = own[i];
  }
  references_ += again;
}

bool BlockPool::allocate(std::int64_t count, std::vector<BlockId>& out) {
  if (count > free_blocks()) return false;
  used_ += count;
  references_ += count;
  counters_.allocated += static_cast<std::uint64_t>(count);
  if (unlimited()) {
    const std::int64_t again = std::min(count, queued_);
    reuse(again, out);
    write_first(count - again, out);
  } else {
    // Memory that was never written is used before anything is forgotten, as in vLLM's initial queue.
    const std::int64_t fresh = std::min(count, *params_.blocks - touched_);
    write_first(fresh, out);
    reuse(count - fresh, out);
  }
  return true;
}

void BlockPool::write_first(std::int64_t count, std::vector<BlockId>& out) {
  if (count == 0) return;
  Block held;
  held.holders = 1;
  const auto needed = static_cast<std::size_t>(touched_ + count);
  if (!unlimited()) grow_towards(blocks_, needed, static_cast<std::size_t>(*params_.blocks));
  blocks_.resize(needed, held);
  for (std::int64_t i = 0; i < count; ++i) out.push_back(BlockId{static_cast<std::uint32_t>(touched_ + i)});
  touched_ += count;
}

/// Its entry in the map goes stale: find() will see that this block says something else.
inline bool BlockPool::forget_content(Block& block) {
  const bool last = !block.duplicate && block.same_key == kNone;
  if (!last) leave_equals(block);
  block.sealed = block.duplicate = block.quiet = false;
  return last;
}

void BlockPool::reuse(std::int64_t count, std::vector<BlockId>& out) {
  SIM_CHECK(count <= queued_, "the free queue is empty though blocks are free");
  queued_ -= count;
  Block* const blocks = blocks_.data();
  const auto ticket = [blocks](std::uint32_t index) -> std::uint32_t& { return blocks[index].ticket; };
  std::size_t untold = out.size();  // from here on the observer does not know yet that content went
  bool gone = true;                 // and whether it went for good
  const auto tell = [&](std::size_t until) {
    if (observer_ != nullptr && untold < until) {
      observer_->on_forgotten(std::span{out}.subspan(untold, until - untold), gone);
    }
    untold = until;
  };
  const std::size_t first = out.size();
  out.resize(first + static_cast<std::size_t>(count));
  std::int64_t evicted = 0;
  for (std::size_t at = first; at < out.size(); ++at) {
    prefetch_line(&blocks[free_.soon()]);
    const std::uint32_t index = free_.take(ticket);
    Block& block = blocks[index];
    const bool known = block.sealed && !block.quiet;
    if (block.sealed) {
      const bool last = forget_content(block);
      if (!known || last != gone) tell(at);
      gone = last;
      ++evicted;
    } else {
      tell(at);
    }
    block.holders = 1;
    out[at] = BlockId{index};
    if (!known) untold = at + 1;
  }
  tell(out.size());
  sealed_ -= evicted;
  idle_cached_ -= evicted;
  counters_.evicted += static_cast<std::uint64_t>(evicted);
}

/// Takes a block out of the list of those of equal content; if it led the list, the next one leads it.
void BlockPool::leave_equals(Block& block) {
  if (block.duplicate) {
    const auto index = static_cast<std::uint32_t>(&block - blocks_.data());
    std::uint32_t before = find(block.place, block.key)->value();
    while (blocks_[before].same_key != index) before = blocks_[before].same_key;
    blocks_[before].same_key = block.same_key;
  } else {
    block.sealed = false;
    blocks_[block.same_key].duplicate = false;
    const auto found = cached_.find_to_put(block.place, block.key, content());
    if (found.at != nullptr) cached_.put(found.at, BlockId{block.same_key});
  }
  block.same_key = kNone;
}

std::optional<BlockId> BlockPool::find(ChainPlace place, BlockKey key) const {
  return cached_.find(place, key, content());
}

void BlockPool::index_again() {
  cached_.start_again(content(), [this](const auto& put) {
    const auto content_of = content();
    for (std::uint32_t i = 0; i < blocks_.size(); ++i) {
      if (const auto placed = content_of(i)) put(*placed, BlockId{i});
    }
  });
}

inline bool BlockPool::set_content(BlockId id, ChainPlace place, BlockKey key, KvOrigin origin) {
  Block& block = blocks_[id.index()];
  SIM_CHECK(block.holders > 0 && !block.sealed, "seal of a block that is free or sealed");
  if (cached_.full()) index_again();
  const auto found = cached_.find_to_put(place, key, content());
  block.key = key;
  block.place = place;
  block.origin = origin;
  block.sealed = true;
  if (found.at == nullptr) {
    block.duplicate = true;
    block.same_key = std::exchange(blocks_[found.id.index()].same_key, id.value());
    return false;
  }
  cached_.put(found.at, id);
  return true;
}

void BlockPool::count_sealed(std::size_t blocks) {
  sealed_ += static_cast<std::int64_t>(blocks);
  counters_.sealed += blocks;
}

void BlockPool::publish_quietly(std::vector<BlockId>& held, std::span<const BlockKey> keys) {
  if (!params_.prefix_caching) return;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    set_content(held[i], {keys, i}, keys[i], KvOrigin::prefill);
    blocks_[held[i].index()].quiet = true;
  }
  count_sealed(keys.size());
}

void BlockPool::release(std::vector<BlockId>& held) {
  references_ -= static_cast<std::int64_t>(held.size());
  std::int64_t left = 0;
  std::int64_t sealed = 0;
  std::int64_t queued = 0;
  Block* const blocks = blocks_.data();
  const auto ticket = [blocks](std::uint32_t index) -> std::uint32_t& { return blocks[index].ticket; };
  for (auto it = held.rbegin(); it != held.rend(); ++it) {
    if (held.rend() - it > kReleaseAhead) prefetch_line(&blocks[it[kReleaseAhead].index()]);
    Block& block = blocks[it->index()];
    SIM_CHECK(block.holders > 0, "release of a block that nobody holds");
    if (--block.holders > 0) continue;
    ++left;
    sealed += block.sealed ? 1 : 0;
    // Unlimited memory never reuses a block with content, so only empty ones queue.
    if (block.sealed && unlimited()) continue;
    free_.append(it->value(), ticket);
    ++queued;
  }
  used_ -= left;
  idle_cached_ += sealed;
  queued_ += queued;
  held.clear();
}

void BlockPool::publish(std::vector<BlockId>& held, std::size_t sealed, std::span<const BlockKey> keys,
                        std::size_t decoded_from) {
  if (!params_.prefix_caching) return;
  std::size_t untold = sealed;
  bool fresh = true;
  const auto tell = [&](std::size_t until) {
    if (observer_ != nullptr && untold < until) {
      const auto before = untold > 0 ? std::optional{held[untold - 1]} : std::nullopt;
      observer_->on_sealed(
          {std::span{held}.subspan(untold, until - untold), keys.subspan(untold, until - untold), before, fresh});
    }
    untold = until;
  };
  if (sealed >= keys.size()) return;
  cached_.prefetch(keys, sealed, std::min(sealed + kLookAhead, keys.size()));
  ChainPlace place{keys, sealed};
  for (std::size_t i = sealed; i < keys.size(); ++i) {
    if (i > sealed) place = place.next(keys, i);
    if (place.offset() == 0 && i + kLookAhead < keys.size()) cached_.prefetch({keys, i + kLookAhead});
    const auto origin = i < decoded_from ? KvOrigin::prefill : KvOrigin::decode;
    const bool first = set_content(held[i], place, keys[i], origin);
    if (first != fresh) tell(i);
    fresh = first;
  }
  tell(keys.size());
  count_sealed(keys.size() - sealed);
}

std::int64_t BlockPool::store(std::span<const BlockKey> keys, std::size_t from) {
  std::vector<BlockId> blocks;
  std::optional<BlockId> before = from > 0 ? find(keys, from - 1) : std::nullopt;
  for (std::size_t i = from; i < keys.size(); ++i) {
    std::optional<BlockId> cached = find(keys, i);
    if (!cached) {
      if (!allocate(1, blocks)) break;
      cached = blocks.back();
      if (params_.prefix_caching) {
        const bool fresh = set_content(*cached, {keys, i}, keys[i], KvOrigin::decode);
        count_sealed(1);
        if (observer_ != nullptr) observer_->on_sealed({{&blocks.back(), 1}, keys.subspan(i, 1), before, fresh});
      }
    }
    before = cached;
  }
  const auto stored = static_cast<std::int64_t>(blocks.size());
  release(blocks);
  return stored;
}

void BlockPool::hold(std::span<const BlockId> held) {
  for (const BlockId id : held) {
    SIM_CHECK(blocks_[id.index()].holders > 0, "another holder for a free block");
    ++blocks_[id.index()].holders;
    ++references_;
  }
}

std::int64_t BlockPool::held_only_by(std::span<const BlockId> handles) const {
  std::vector<BlockId> sorted{handles.begin(), handles.end()};
  std::sort(sorted.begin(), sorted.end());
  std::int64_t only = 0;
  for (auto first = sorted.begin(); first != sorted.end();) {
    const auto last = std::upper_bound(first, sorted.end(), *first);
    only += last - first == static_cast<std::ptrdiff_t>(blocks_[first->index()].holders) ? 1 : 0;
    first = last;
  }
  return only;
}

void BlockPool::clear() {
  blocks_.clear();
  cached_.clear();
  free_.clear();
  sealed_ = 0;
  queued_ = used_ = references_ = idle_cached_ = touched_ = 0;
  if (observer_ != nullptr) observer_->on_cleared();
}

void BlockPool::check_consistency() const {
  std::int64_t used = 0;
  std::int64_t references = 0;
  std::int64_t idle_cached = 0;
  std::int64_t queued = 0;
  std::int64_t sealed = 0;
  for (std::uint32_t i = 0; i < blocks_.size(); ++i) {
    const Block& block = blocks_[i];
    used += block.holders > 0 ? 1 : 0;
    references += block.holders;
    idle_cached += block.holders == 0 && block.sealed ? 1 : 0;
    sealed += block.sealed ? 1 : 0;
    const bool in_queue = block.ticket != FreeQueue::kNotQueued;
    queued += in_queue ? 1 : 0;
    SIM_CHECK(!(in_queue && block.holders > 0), "a held block is in the free queue");
    SIM_CHECK(!block.sealed || find(block.place, block.key).has_value(), "sealed content cannot be found");
  }
  SIM_CHECK(used == used_ && idle_cached == idle_cached_ && queued == queued_, "the pool's counts are wrong");
  SIM_CHECK(references == references_, "the pool's count of references is wrong");
  SIM_CHECK(sealed == sealed_, "the pool's count of blocks with content is wrong");
  if (!unlimited()) {
    SIM_CHECK(used_ + queued_ == static_cast<std::int64_t>(blocks_.size()), "a block is neither held nor free");
    SIM_CHECK(static_cast<std::int64_t>(blocks_.size()) <= *params_.blocks, "more blocks than memory");
  }
}

}  // namespace cleave

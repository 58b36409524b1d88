#include "sim/kv/block_pool.h"

#include <algorithm>
#include <limits>

#include "models/units/check.h"

namespace cleave {
namespace {

/// Look-ups that are started before their turn: pools are larger than caches, so each costs a trip to memory.
constexpr std::int64_t kLookAhead = 12;

}  // namespace

BlockPool::BlockPool(const BlockPoolParams& params) : params_(params) {
  SIM_CHECK(!params.blocks || *params.blocks > 0, "a pool without blocks");
}

std::size_t BlockPool::match(std::span<const BlockKey> keys) const {
  if (!params_.prefix_caching) return 0;
  std::size_t matched = 0;
  while (matched < keys.size()) {
    if (matched + kLookAhead < keys.size()) cached_.prefetch(keys[matched + kLookAhead]);
    if (!find(keys[matched])) break;
    ++matched;
  }
  return matched;
}

std::int64_t BlockPool::idle_among(std::span<const BlockKey> keys) const {
  std::int64_t idle = 0;
  for (const BlockKey key : keys) idle += blocks_[find(key)->index()].holders == 0 ? 1 : 0;
  return idle;
}

KvOrigin BlockPool::origin_of(std::span<const BlockKey> keys) const {
  return blocks_[find(keys.back())->index()].origin;
}

std::int64_t BlockPool::decoded_among(std::span<const BlockKey> keys) const {
  return std::count_if(keys.begin(), keys.end(),
                       [this](BlockKey key) { return blocks_[find(key)->index()].origin == KvOrigin::decode; });
}

std::int64_t BlockPool::free_blocks() const {
  if (unlimited()) return std::numeric_limits<std::int64_t>::max() / 2;
  return *params_.blocks - used_;
}

void BlockPool::acquire(std::span<const BlockKey> keys, std::vector<BlockId>& out) {
  for (const BlockKey key : keys) {
    const auto id = find(key);
    SIM_CHECK(id.has_value(), "acquire of a block that is not cached");
    Block& block = blocks_[id->index()];
    ++references_;
    if (block.holders++ == 0) {
      if (block.ticket != FreeQueue::kNotQueued) {
        block.ticket = FreeQueue::kNotQueued;
        --queued_;
      }
      ++used_;
      --idle_cached_;
    }
    out.push_back(*id);
  }
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
  blocks_.resize(static_cast<std::size_t>(touched_ + count), held);
  for (std::int64_t i = 0; i < count; ++i) out.push_back(BlockId{static_cast<std::uint32_t>(touched_ + i)});
  touched_ += count;
}

void BlockPool::reuse(std::int64_t count, std::vector<BlockId>& out) {
  SIM_CHECK(count <= queued_, "the free queue is empty though blocks are free");
  queued_ -= count;
  Block* const blocks = blocks_.data();
  const auto ticket = [blocks](std::uint32_t index) -> std::uint32_t& { return blocks[index].ticket; };
  for (std::int64_t i = 0; i < count; ++i) {
    __builtin_prefetch(&blocks[free_.soon()], 1);
    const std::uint32_t index = free_.take(ticket);
    Block& block = blocks[index];
    if (block.sealed) {
      forget_content(index);
      --idle_cached_;
      ++counters_.evicted;
    }
    block.holders = 1;
    out.push_back(BlockId{index});
  }
}

std::optional<BlockId> BlockPool::find(BlockKey key) const {
  const auto id = cached_.find(key);
  if (!id) return std::nullopt;
  const Block& block = blocks_[id->index()];
  return block.sealed && block.key == key ? id : std::nullopt;
}

void BlockPool::index_again() {
  cached_.restart(static_cast<std::size_t>(sealed_));
  for (std::uint32_t i = 0; i < blocks_.size(); ++i) {
    if (blocks_[i].sealed && !blocks_[i].duplicate) cached_.set(blocks_[i].key, BlockId{i});
  }
}

void BlockPool::seal(BlockId id, BlockKey key, KvOrigin origin, std::optional<BlockId> parent) {
  if (!params_.prefix_caching) return;
  const bool fresh = set_content(id, key, origin);
  if (observer_ != nullptr) observer_->on_sealed(id, key, parent, fresh);
}

bool BlockPool::set_content(BlockId id, BlockKey key, KvOrigin origin) {
  Block& block = blocks_[id.index()];
  SIM_CHECK(block.holders > 0 && !block.sealed, "seal of a block that is free or sealed");
  const auto first = find(key);
  block.key = key;
  block.origin = origin;
  block.sealed = true;
  ++sealed_;
  ++counters_.sealed;
  if (!first) {
    if (cached_.full())
      index_again();
    else
      cached_.set(key, id);
    return true;
  }
  block.duplicate = true;
  block.same_key = blocks_[first->index()].same_key;
  blocks_[first->index()].same_key = id.value();
  return false;
}

void BlockPool::publish_quietly(std::vector<BlockId>& held, std::span<const BlockKey> keys) {
  if (!params_.prefix_caching) return;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    set_content(held[i], keys[i], KvOrigin::prefill);
    blocks_[held[i].index()].quiet = true;
  }
}

void BlockPool::release(std::vector<BlockId>& held) {
  references_ -= static_cast<std::int64_t>(held.size());
  for (auto it = held.rbegin(); it != held.rend(); ++it) {
    Block& block = blocks_[it->index()];
    SIM_CHECK(block.holders > 0, "release of a block that nobody holds");
    if (--block.holders == 0) idle(it->value());
  }
  held.clear();
}

void BlockPool::publish(std::vector<BlockId>& held, std::size_t sealed, std::span<const BlockKey> keys,
                        std::size_t decoded_from) {
  for (std::size_t i = sealed; i < keys.size(); ++i) {
    if (i + kLookAhead < keys.size()) cached_.prefetch(keys[i + kLookAhead]);
    seal(held[i], keys[i], i < decoded_from ? KvOrigin::prefill : KvOrigin::decode,
         i > 0 ? std::optional{held[i - 1]} : std::nullopt);
  }
}

std::int64_t BlockPool::store(std::span<const BlockKey> keys, std::size_t from) {
  std::vector<BlockId> blocks;
  std::optional<BlockId> parent = from > 0 ? find(keys[from - 1]) : std::nullopt;
  for (const BlockKey key : keys.subspan(from)) {
    const std::optional<BlockId> cached = find(key);
    if (!cached) {
      if (!allocate(1, blocks)) break;
      seal(blocks.back(), key, KvOrigin::decode, parent);
    }
    parent = cached ? cached : blocks.back();
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

void BlockPool::idle(std::uint32_t index) {
  --used_;
  if (blocks_[index].sealed) ++idle_cached_;
  // Unlimited memory never reuses a block with content, so only empty ones queue.
  if (unlimited() && blocks_[index].sealed) return;
  free_.append(index, tickets());
  ++queued_;
}

void BlockPool::forget_content(std::uint32_t index) {
  Block& block = blocks_[index];
  if (observer_ != nullptr && !block.quiet) {
    observer_->on_forgotten(BlockId{index}, !block.duplicate && block.same_key == kNone);
  }
  if (block.duplicate) {
    std::uint32_t before = find(block.key)->value();
    while (blocks_[before].same_key != index) before = blocks_[before].same_key;
    blocks_[before].same_key = block.same_key;
  } else if (block.same_key != kNone) {
    cached_.set(block.key, BlockId{block.same_key});
    blocks_[block.same_key].duplicate = false;
  }
  // Otherwise the entry goes stale: find() will see that this block says something else.
  block.sealed = block.duplicate = block.quiet = false;
  block.same_key = kNone;
  --sealed_;
}

void BlockPool::clear() {
  blocks_.clear();
  cached_.restart(0);
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
    SIM_CHECK(!block.sealed || find(block.key).has_value(), "sealed content cannot be found");
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

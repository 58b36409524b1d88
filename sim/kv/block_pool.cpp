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
    hold_one(*id);
    out.push_back(*id);
  }
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

/// A block that its key leads to is held without looking it up; others are looked up.
void BlockPool::pin_own(std::span<const BlockKey> keys, std::span<const BlockId> own, std::vector<BlockId>& out) {
  out.reserve(out.size() + keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Block* block = i < own.size() ? &blocks_[own[i].index()] : nullptr;
    if (block == nullptr || !block->sealed || block->duplicate || block->key != keys[i]) {
      acquire(keys.subspan(i, 1), out);
      continue;
    }
    hold_one(own[i]);
    out.push_back(own[i]);
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
  std::size_t untold = out.size();  // from here on the observer does not know yet that content went
  bool gone = true;                 // and whether it went for good
  const auto tell = [&] {
    if (observer_ != nullptr && untold < out.size()) observer_->on_forgotten(std::span{out}.subspan(untold), gone);
    untold = out.size();
  };
  for (std::int64_t i = 0; i < count; ++i) {
    __builtin_prefetch(&blocks[free_.soon()], 1);
    const std::uint32_t index = free_.take(ticket);
    Block& block = blocks[index];
    const bool known = block.sealed && !block.quiet;
    if (block.sealed) {
      const bool last = forget_content(index);
      if (!known || last != gone) tell();
      gone = last;
      --idle_cached_;
      ++counters_.evicted;
    } else {
      tell();
    }
    block.holders = 1;
    out.push_back(BlockId{index});
    if (!known) untold = out.size();
  }
  tell();
}

std::optional<BlockId> BlockPool::find(BlockKey key) const {
  return cached_.find(key, key_at());
}

void BlockPool::index_again() {
  cached_.restart(static_cast<std::size_t>(sealed_));
  for (std::uint32_t i = 0; i < blocks_.size(); ++i) {
    if (blocks_[i].sealed && !blocks_[i].duplicate) (void)cached_.find_or_set(blocks_[i].key, BlockId{i}, key_at());
  }
}

void BlockPool::seal(BlockId id, BlockKey key, KvOrigin origin, std::optional<BlockId> parent) {
  if (!params_.prefix_caching) return;
  const bool fresh = set_content(id, key, origin);
  if (observer_ != nullptr) observer_->on_sealed({{&id, 1}, {&key, 1}, parent, fresh});
}

bool BlockPool::set_content(BlockId id, BlockKey key, KvOrigin origin) {
  Block& block = blocks_[id.index()];
  SIM_CHECK(block.holders > 0 && !block.sealed, "seal of a block that is free or sealed");
  if (cached_.full()) index_again();
  const auto first = cached_.find_or_set(key, id, key_at());
  block.key = key;
  block.origin = origin;
  block.sealed = true;
  ++sealed_;
  ++counters_.sealed;
  if (!first) return true;
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
  std::int64_t left = 0;
  std::int64_t sealed = 0;
  std::int64_t queued = 0;
  for (auto it = held.rbegin(); it != held.rend(); ++it) {
    Block& block = blocks_[it->index()];
    SIM_CHECK(block.holders > 0, "release of a block that nobody holds");
    if (--block.holders > 0) continue;
    ++left;
    sealed += block.sealed ? 1 : 0;
    // Unlimited memory never reuses a block with content, so only empty ones queue.
    if (block.sealed && unlimited()) continue;
    free_.append(it->value(), tickets());
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
  for (std::size_t i = sealed; i < keys.size(); ++i) {
    if (i + kLookAhead < keys.size()) cached_.prefetch(keys[i + kLookAhead]);
    const bool first = set_content(held[i], keys[i], i < decoded_from ? KvOrigin::prefill : KvOrigin::decode);
    if (first != fresh) tell(i);
    fresh = first;
  }
  tell(keys.size());
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

bool BlockPool::forget_content(std::uint32_t index) {
  Block& block = blocks_[index];
  const bool last = !block.duplicate && block.same_key == kNone;
  if (block.duplicate) {
    std::uint32_t before = find(block.key)->value();
    while (blocks_[before].same_key != index) before = blocks_[before].same_key;
    blocks_[before].same_key = block.same_key;
  }
  // Its entry goes stale: find() will see that this block says something else.
  const bool heir = !block.duplicate && block.same_key != kNone;
  block.sealed = block.duplicate = block.quiet = false;
  if (heir) {
    blocks_[block.same_key].duplicate = false;
    (void)cached_.find_or_set(block.key, BlockId{block.same_key}, key_at());
  }
  block.same_key = kNone;
  --sealed_;
  return last;
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

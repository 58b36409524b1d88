#include "sim/kv/index/fed_index.h"

#include <algorithm>

#include "models/units/check.h"

namespace cleave {
namespace {

/// A feed that nobody reads is worked off when it holds this many events.
constexpr std::size_t kMostPending = 1 << 14;

}  // namespace

FedIndex::FedIndex(const FeedParams& params, std::uint32_t shards, const IndexSetup& setup)
    : shards_(shards), blocks_(setup.holder_blocks.size()) {
  for (std::uint64_t i = 0; i < setup.holder_blocks.size() * shards; ++i) {
    FeedParams feed = params;
    if (!setup.distance.empty()) feed.delay += setup.distance[i / shards];
    feeds_.emplace_back(feed, setup.rng.below(i));
  }
}

EventFeed& FedIndex::feed_of(HolderId holder, BlockKey key) {
  const std::uint64_t hash = static_cast<std::uint64_t>(key) * 0xd6e8feb86659fd93ULL >> 32;
  return feeds_[holder.index() * shards_ + (shards_ == 1 ? 0 : hash % shards_)];
}

void FedIndex::append(HolderId holder, const FeedEvent& event, BlockKey key) {
  chains_.pin(event.position);
  EventFeed& feed = feed_of(holder, key);
  feed.append(event);
  // Of this very nanosecond more may follow.
  if (feed.pending() >= kMostPending) deliver(holder, feed, event.at - Duration{1});
}

void FedIndex::sealed(HolderId holder, BlockId block, BlockKey key, std::optional<BlockId> parent, bool fresh,
                      TimePoint time) {
  std::vector<ChainPosition>& known = blocks_[holder.index()];
  const ChainPosition at = chains_.place(parent ? std::optional{known[parent->index()]} : std::nullopt, key);
  if (block.index() >= known.size()) known.resize(block.index() + 1);
  known[block.index()] = at;
  chains_.set(Layer::truth, holder, at);
  if (!fresh) return;
  ++counters_.blocks_stored;
  append(holder, {time, at, FeedEvent::Kind::stored}, key);
}

void FedIndex::forgotten(HolderId holder, BlockId block, bool gone, TimePoint time) {
  if (!gone) return;
  const ChainPosition at = blocks_[holder.index()][block.index()];
  ++counters_.blocks_removed;
  append(holder, {time, at, FeedEvent::Kind::removed}, chains_.key(at));
  chains_.clear(Layer::truth, holder, at);
}

void FedIndex::cleared(HolderId holder, TimePoint time) {
  chains_.clear_layer(Layer::truth, holder);
  for (std::uint32_t shard = 0; shard < shards_; ++shard) {
    feeds_[holder.index() * shards_ + shard].append({time, {}, FeedEvent::Kind::cleared});
  }
}

void FedIndex::deliver(HolderId holder, EventFeed& feed, TimePoint now) {
  feed.deliver(now, counters_, [this, holder](const FeedEvent& event, bool arrives) {
    if (arrives) apply(holder, event);
    if (event.kind != FeedEvent::Kind::cleared) chains_.unpin(event.position);
  });
}

void FedIndex::deliver(TimePoint now) {
  for (std::size_t i = 0; i < feeds_.size(); ++i) deliver(HolderId{i / shards_}, feeds_[i], now);
}

void FedIndex::skip_feeds() {
  for (EventFeed& feed : feeds_) {
    feed.skip([this](const FeedEvent& event, bool) {
      if (event.kind != FeedEvent::Kind::cleared) chains_.unpin(event.position);
    });
  }
}

bool FedIndex::truth(std::span<const BlockKey> keys, std::span<std::uint32_t> out) const {
  chains_.match_all(keys, Layer::truth, out);
  return true;
}

TimePoint FedIndex::as_of(HolderId holder, TimePoint now) const {
  TimePoint oldest = now;
  for (std::uint32_t shard = 0; shard < shards_; ++shard) {
    oldest = std::min(oldest, feeds_[holder.index() * shards_ + shard].as_of(now));
  }
  return oldest;
}

std::size_t FedIndex::bytes() const {
  std::size_t sum = chains_.bytes();
  for (const auto& known : blocks_) sum += known.capacity() * sizeof(ChainPosition);
  for (const EventFeed& feed : feeds_) sum += feed.pending() * sizeof(FeedEvent);
  return sum;
}

}  // namespace cleave

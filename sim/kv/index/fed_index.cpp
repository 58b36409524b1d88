#include "sim/kv/index/fed_index.h"

#include <algorithm>

#include "models/units/check.h"
#include "sim/kv/prefetch.h"

namespace cleave {
namespace {

/// A feed that nobody reads is worked off when it holds this many events.
constexpr std::size_t kMostPending = 1 << 14;
/// News of each holder that is fetched before it is delivered.
constexpr std::size_t kAhead = 4;

}  // namespace

FedIndex::FedIndex(const FeedParams& params, std::uint32_t shards, const IndexSetup& setup)
    : shards_(shards), blocks_(setup.holder_blocks.size()) {
  for (std::uint64_t i = 0; i < setup.holder_blocks.size() * shards; ++i) {
    FeedParams feed = params;
    if (!setup.distance.empty()) feed.delay += setup.distance[i / shards];
    feeds_.emplace_back(feed, setup.rng.below(i));
  }
}

void FedIndex::append_to(HolderId holder, std::size_t shard, const FeedEvent& event) {
  EventFeed& feed = feeds_[holder.index() * shards_ + shard];
  if (feed.append(event)) chains_.pin(event.keys);
  next_known_ = std::min(next_known_, feed.next_known());
  // Of this very nanosecond more may follow.
  if (feed.pending() >= kMostPending) deliver(holder, feed, event.at - Duration{1});
}

void FedIndex::append(HolderId holder, const FeedEvent& event) {
  if (shards_ == 1) return append_to(holder, 0, event);
  for (std::uint32_t bits = event.keys.bits; bits != 0; bits &= bits - 1) {
    const KeySet one{event.keys.node, bits & -bits};
    const std::uint64_t hash = static_cast<std::uint64_t>(chains_.key(one.first())) * 0xd6e8feb86659fd93ULL >> 32;
    append_to(holder, hash % shards_, {event.at, one, event.kind});
  }
}

void FedIndex::sealed(HolderId holder, const SealedRun& run, TimePoint time) {
  std::vector<ChainPosition>& known = blocks_[holder.index()];
  std::optional<ChainPosition> before;
  if (run.before) before = known[run.before->index()];
  if (run.fresh) counters_.blocks_stored += run.keys.size();
  for (std::size_t i = 0; i < run.keys.size();) {
    const ChainPiece piece = chains_.place(before, run.keys.subspan(i));
    for (std::uint32_t k = 0; k < piece.count; ++k, ++i) {
      const std::size_t block = run.blocks[i].index();
      if (block >= known.size()) known.resize(block + 1);
      before = known[block] = ChainPosition{piece.first.index() + k};
    }
    chains_.set(Layer::truth, holder, piece.keys());
    if (run.fresh) append(holder, {time, piece.keys(), FeedEvent::Kind::stored});
  }
}

void FedIndex::forgotten(HolderId holder, std::span<const BlockId> blocks, bool gone, TimePoint time) {
  if (!gone) return;
  const std::vector<ChainPosition>& known = blocks_[holder.index()];
  counters_.blocks_removed += blocks.size();
  for (const BlockId block : blocks) prefetch_line(&known[block.index()]);
  for (std::size_t i = 0; i < blocks.size(); i += ChainIndex::kNodeKeys) chains_.prefetch(known[blocks[i].index()]);
  for (std::size_t i = 0; i < blocks.size();) {
    KeySet keys{known[blocks[i].index()]};
    for (++i; i < blocks.size(); ++i) {
      const KeySet next{known[blocks[i].index()]};
      if (next.node != keys.node) break;
      keys.bits |= next.bits;
    }
    append(holder, {time, keys, FeedEvent::Kind::removed});
    chains_.clear(Layer::truth, holder, keys);
  }
}

void FedIndex::cleared(HolderId holder, TimePoint time) {
  chains_.clear_layer(Layer::truth, holder);
  for (std::uint32_t shard = 0; shard < shards_; ++shard) {
    EventFeed& feed = feeds_[holder.index() * shards_ + shard];
    feed.append({time, {}, FeedEvent::Kind::cleared});
    next_known_ = std::min(next_known_, feed.next_known());
  }
}

void FedIndex::deliver(HolderId holder, EventFeed& feed, TimePoint now) {
  feed.deliver(now, counters_, [this, holder](const FeedEvent& event, bool arrives) {
    if (arrives) apply(holder, event);
    if (event.kind != FeedEvent::Kind::cleared) chains_.unpin(event.keys);
  });
}

void FedIndex::deliver(TimePoint now) {
  if (now < next_known_) return;
  // News is old: its nodes have left the caches.
  for (const EventFeed& feed : feeds_) {
    feed.for_next(kAhead, [this](const FeedEvent& event) {
      if (event.kind != FeedEvent::Kind::cleared) chains_.prefetch(event.keys);
    });
  }
  for (const EventFeed& feed : feeds_) {
    feed.for_next(kAhead, [this](const FeedEvent& event) {
      if (event.kind == FeedEvent::Kind::removed) chains_.prefetch_head(event.keys);
    });
  }
  next_known_ = TimePoint::max();
  for (std::size_t i = 0; i < feeds_.size(); ++i) {
    deliver(HolderId{i / shards_}, feeds_[i], now);
    next_known_ = std::min(next_known_, feeds_[i].next_known());
  }
}

void FedIndex::skip_feeds() {
  for (EventFeed& feed : feeds_) {
    feed.skip([this](const FeedEvent& event, bool) {
      if (event.kind != FeedEvent::Kind::cleared) chains_.unpin(event.keys);
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

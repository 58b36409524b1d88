#pragma once
// Indexes that holders feed with events: what each holder has (truth), and what has arrived of it (belief).

#include <vector>

#include "sim/kv/index/event_feed.h"
#include "sim/kv/index/prefix_index.h"

namespace cleave {

/// Keeps truth, feeds and their bookkeeping; what an arrived event does to the belief is the subclass's.
class FedIndex : public PrefixIndex {
 public:
  FedIndex(const FeedParams& params, std::uint32_t shards, const IndexSetup& setup);

  [[nodiscard]] bool wants_events() const final { return true; }
  void sealed(HolderId holder, const SealedRun& run, TimePoint time) final;
  void forgotten(HolderId holder, std::span<const BlockId> blocks, bool gone, TimePoint time) final;
  void cleared(HolderId holder, TimePoint time) final;
  [[nodiscard]] bool truth(std::span<const BlockKey> keys, std::span<std::uint32_t> out) const final;
  [[nodiscard]] TimePoint as_of(HolderId holder, TimePoint now) const final;
  [[nodiscard]] const IndexCounters& counters() const final { return counters_; }
  void check_consistency() const final { chains_.check_consistency(); }
  [[nodiscard]] std::size_t bytes() const override;

 protected:
  /// An event arrived.
  virtual void apply(HolderId holder, const FeedEvent& event) = 0;

  /// Applies what has arrived by `now`.
  void deliver(TimePoint now);
  /// Drops what is under way: the index gets it by another way.
  void skip_feeds();

  [[nodiscard]] std::uint32_t holders() const { return static_cast<std::uint32_t>(blocks_.size()); }
  [[nodiscard]] ChainIndex& chains() { return chains_; }
  [[nodiscard]] const ChainIndex& chains() const { return chains_; }
  [[nodiscard]] IndexCounters& count() { return counters_; }

 private:
  void deliver(HolderId holder, EventFeed& feed, TimePoint now);
  void append(HolderId holder, const FeedEvent& event);
  void append_to(HolderId holder, std::size_t shard, const FeedEvent& event);

  std::uint32_t shards_;
  ChainIndex chains_;
  std::vector<std::vector<ChainPosition>> blocks_;  // by holder, then by block
  std::vector<EventFeed> feeds_;                    // by holder, then by shard
  TimePoint next_known_ = TimePoint::max();         // there is nothing to deliver before
  IndexCounters counters_;
};

}  // namespace cleave

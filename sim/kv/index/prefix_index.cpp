#include "sim/kv/index/prefix_index.h"

#include <algorithm>
#include <utility>

#include "sim/kv/index/bloom.h"
#include "sim/kv/index/fed_index.h"
#include "sim/kv/index/guesses.h"

namespace cleave {
namespace {

/// What a block costs in a dump: its hash and its parent's.
constexpr std::uint64_t kDumpedBlockBytes = 16;
/// Pools without a limit have no size to make a filter for.
constexpr std::int64_t kDigestBlocks = 1 << 20;

/// Believes what has arrived, and what was guessed at routing and has not expired.
class CentralIndex final : public FedIndex {
 public:
  CentralIndex(const EventIndex& params, const IndexSetup& setup)
      : FedIndex(
            {params.delay, params.batch_interval, params.loss, params.resync, params.resync_delay, setup.block_size},
            params.shards, setup),
        resyncs_(params.resync != Resync::none) {
    if (params.speculative_ttl) guesses_.emplace(*params.speculative_ttl, std::nullopt, 1.0);
  }

  void believed(const IndexQuery& query, std::span<std::uint32_t> out) override {
    deliver(query.now);
    if (guesses_) count().guesses_expired += guesses_->settle(chains(), query.now);
    chains().match_all(query.keys, {Layer::believed, Layer::predicted}, out);
  }

  void routed(const IndexQuery& query, HolderId holder) override {
    if (guesses_) count().guesses += guesses_->enter(chains(), query.keys, holder, query.now);
  }

  void restart(TimePoint now) override {
    deliver(now);
    skip_feeds();
    for (std::uint32_t h = 0; h < holders(); ++h) {
      chains().clear_layer(Layer::believed, HolderId{h});
      chains().clear_layer(Layer::predicted, HolderId{h});
    }
    if (guesses_) guesses_->forget();
    deaf_ = resyncs_;
  }

  void resync(TimePoint) override {
    if (!resyncs_) return;
    skip_feeds();
    deaf_ = false;
    ++count().resyncs;
    std::vector<ChainPosition> held;
    for (std::uint32_t h = 0; h < holders(); ++h) {
      held.clear();
      chains().for_each(Layer::truth, HolderId{h}, [&](ChainPosition at) { held.push_back(at); });
      for (const ChainPosition at : held) chains().set(Layer::believed, HolderId{h}, at);
      count().resync_bytes += kDumpedBlockBytes * held.size();
      count().event_bytes += kDumpedBlockBytes * held.size();
    }
  }

 private:
  void apply(HolderId holder, const FeedEvent& event) override {
    if (deaf_) return;  // the dump will say it all
    switch (event.kind) {
      case FeedEvent::Kind::stored:
        return chains().set(Layer::believed, holder, event.keys);
      case FeedEvent::Kind::removed:
        return chains().clear(Layer::believed, holder, event.keys);
      case FeedEvent::Kind::cleared:
        return chains().clear_layer(Layer::believed, holder);
    }
  }

  bool resyncs_;
  bool deaf_ = false;  // restarted, and not yet resynced
  std::optional<Guesses> guesses_;
};

/// Each holder publishes a filter of its keys at whole intervals.
class DigestedIndex final : public FedIndex {
 public:
  DigestedIndex(const DigestIndex& params, const IndexSetup& setup)
      : FedIndex({params.delay, params.interval, 0, Resync::none, {}, setup.block_size}, 1, setup),
        interval_(params.interval),
        delay_(params.delay) {
    for (const std::int64_t blocks : setup.holder_blocks) {
      const std::int64_t keys = blocks > 0 ? blocks : kDigestBlocks;
      filters_.emplace_back(static_cast<std::uint64_t>(keys), params.bits_per_block);
    }
  }

  void believed(const IndexQuery& query, std::span<std::uint32_t> out) override {
    deliver(query.now);
    publish(query.now);
    for (std::size_t h = 0; h < out.size(); ++h) {
      const auto& filter = filters_[h];
      const auto miss =
          std::find_if_not(query.keys.begin(), query.keys.end(), [&](BlockKey key) { return filter.may_have(key); });
      out[h] = static_cast<std::uint32_t>(miss - query.keys.begin());
    }
  }

  [[nodiscard]] std::size_t bytes() const override {
    std::size_t sum = FedIndex::bytes();
    for (const CountingBloom& filter : filters_) sum += filter.bytes();
    return sum;
  }

 private:
  void apply(HolderId holder, const FeedEvent& event) override {
    CountingBloom& filter = filters_[holder.index()];
    switch (event.kind) {
      case FeedEvent::Kind::stored:
        return chains().for_each_key(event.keys, [&](BlockKey key) { filter.add(key); });
      case FeedEvent::Kind::removed:
        return chains().for_each_key(event.keys, [&](BlockKey key) { filter.remove(key); });
      case FeedEvent::Kind::cleared:
        return filter.clear();
    }
  }

  /// Filters are sent whether or not anything changed; events are only this program's way to build them.
  void publish(TimePoint now) {
    const auto due = static_cast<std::uint64_t>(std::max<std::int64_t>(0, (now - kStartOfTime - delay_) / interval_));
    for (; published_ < due; ++published_) {
      for (const CountingBloom& filter : filters_) filter_bytes_ += filter.published_bytes();
    }
    count().batches = published_ * filters_.size();
    count().event_bytes = filter_bytes_;
  }

  Duration interval_;
  Duration delay_;
  std::vector<CountingBloom> filters_;  // by holder, as of the last publication that arrived
  std::uint64_t published_ = 0;
  std::uint64_t filter_bytes_ = 0;
};

/// Routers that know nothing but what they decided themselves.
class RoutingHistory final : public PrefixIndex {
 public:
  explicit RoutingHistory(const HistoryIndex& params) {
    for (std::uint32_t r = 0; r < params.routers; ++r) {
      routers_.push_back({{}, Guesses{params.ttl, params.max_blocks, params.prune_to}});
    }
  }

  void believed(const IndexQuery& query, std::span<std::uint32_t> out) override {
    Router& router = router_of(query);
    counters_.guesses_expired += router.guesses.settle(router.chains, query.now);
    router.chains.match_all(query.keys, Layer::predicted, out);
  }
  void routed(const IndexQuery& query, HolderId holder) override {
    Router& router = router_of(query);
    counters_.guesses += router.guesses.enter(router.chains, query.keys, holder, query.now);
  }
  /// A router's own decisions are never late.
  [[nodiscard]] TimePoint as_of(HolderId, TimePoint now) const override { return now; }
  [[nodiscard]] const IndexCounters& counters() const override { return counters_; }
  [[nodiscard]] std::size_t bytes() const override {
    std::size_t sum = 0;
    for (const Router& router : routers_) sum += router.chains.bytes();
    return sum;
  }
  void check_consistency() const override {
    for (const Router& router : routers_) router.chains.check_consistency();
  }

 private:
  struct Router {
    ChainIndex chains;
    Guesses guesses;
  };
  Router& router_of(const IndexQuery& query) { return routers_[query.number % routers_.size()]; }

  std::vector<Router> routers_;
  IndexCounters counters_;
};

struct Maker {
  IndexSetup setup;

  std::unique_ptr<PrefixIndex> operator()(const TruthIndex&) const { return nullptr; }
  std::unique_ptr<PrefixIndex> operator()(const EventIndex& p) const {
    return std::make_unique<CentralIndex>(p, setup);
  }
  std::unique_ptr<PrefixIndex> operator()(const HistoryIndex& p) const { return std::make_unique<RoutingHistory>(p); }
  std::unique_ptr<PrefixIndex> operator()(const DigestIndex& p) const {
    return std::make_unique<DigestedIndex>(p, setup);
  }
  std::unique_ptr<PrefixIndex> operator()(const LeaseIndex& p) const {
    EventIndex events;
    events.delay = p.delay;
    events.batch_interval = p.batch_interval;
    return std::make_unique<CentralIndex>(events, setup);
  }
};

}  // namespace

std::unique_ptr<PrefixIndex> make_prefix_index(const PrefixIndexParams& params, IndexSetup setup) {
  return std::visit(Maker{std::move(setup)}, params);
}

}  // namespace cleave

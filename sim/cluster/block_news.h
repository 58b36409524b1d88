#pragma once
// What stands between a replica and the rest: news of its blocks for the index and for tiers that take what is evicted,
// and loads from tiers that begin when the engine has room for them.

#include <map>
#include <vector>

#include "sim/cluster/cluster.h"
#include "sim/cluster/prefixes.h"
#include "sim/engine/kv_connector.h"

namespace cleave {

class Cluster::Blocks final : public BlockObserver, public KvConnector {
 public:
  Blocks(Cluster& cluster, ReplicaId id) : cluster_(cluster), id_(id), index_(cluster.index_.observer(id)) {}

  /// Whether anybody needs to hear it. `routed`: routers choose among these replicas by what they hold.
  [[nodiscard]] bool wanted(bool routed) {
    if (!routed) index_ = nullptr;
    return index_ != nullptr || takes_evicted();
  }

  void on_sealed(BlockId block, BlockKey key, std::optional<BlockId> parent, bool fresh) override {
    if (index_ != nullptr) index_->on_sealed(block, key, parent, fresh);
    if (!takes_evicted()) return;
    if (block.index() >= keys_.size()) keys_.resize(block.index() + 1);
    keys_[block.index()] = key;
  }
  void on_forgotten(BlockId block, bool gone) override {
    if (index_ != nullptr) index_->on_forgotten(block, gone);
    if (gone && takes_evicted()) cluster_.tiers_->give_up(id_, keys_[block.index()]);
  }
  void on_cleared() override {
    if (index_ != nullptr) index_->on_cleared();
  }
  void tells_of(std::optional<TimePoint> time) override {
    if (index_ != nullptr) index_->tells_of(time);
  }

  // --- KvConnector: a load that found no room at routing begins at the turn of its request ---

  std::optional<ConnectorMatch> matched(const Sequence& sequence, Tokens local) override {
    const PrefixSources sources = cluster_.tiers_->sources(id_, keys_of(sequence), local);
    const Tokens behind = sources.host + sources.disk + sources.shared;
    const bool worth = behind > Tokens{0} && behind >= cluster_.scenario_.kv_load.min_tokens &&
                       cluster_.scenario_.kv_load.rule == LoadRule::longest_hit;
    return ConnectorMatch{worth ? behind : Tokens{0}, true};
  }

  void allocated(Sequence& sequence, Tokens local, const ConnectorMatch&) override {
    const auto keys = keys_of(sequence);
    const auto first = static_cast<std::size_t>(full_blocks(local, block_size()));
    const ReusePlan reuse = cluster_.tiers_->plan(id_, keys, first);
    ++cluster_.counters_.tier_loads;
    loads_[sequence.owner] = cluster_.tiers_->load(
        id_, keys, first, reuse, Turn{sequence.request->session.value(), false},
        [this, &sequence, first](std::size_t blocks) {
          loads_.erase(sequence.owner);
          const Tokens loaded = static_cast<std::int64_t>(blocks - first) * block_size();
          if (loaded == Tokens{0}) ++cluster_.counters_.unusable_loads;
          sequence.record->transferred += cluster_.kv_bytes(id_, loaded.value(), false);
          if (!sequence.record->first_scheduled) sequence.record->hit_prompt_kv += loaded;
          cluster_.site(id_).replica->loaded(sequence, static_cast<std::int64_t>(blocks) * block_size());
        });
  }

  bool step_begins(Duration) override { return false; }
  void computed(const Sequence&, Tokens) override {}
  bool left(const Sequence&, HoldId) override { return false; }
  void forget(const Sequence& sequence) override {
    const auto load = loads_.find(sequence.owner);
    if (load == loads_.end()) return;
    cluster_.tiers_->cancel_load(load->second);
    loads_.erase(load);
  }

 private:
  [[nodiscard]] Tokens block_size() const { return cluster_.site(id_).replica->engine().block_size; }
  [[nodiscard]] std::span<const BlockKey> keys_of(const Sequence& sequence) const {
    return Prefixes::reusable(cluster_.live_.at(sequence.owner), block_size());
  }
  [[nodiscard]] bool takes_evicted() const { return cluster_.tiers_ && cluster_.tiers_->writes_on_eviction(); }

  Cluster& cluster_;
  ReplicaId id_;
  BlockObserver* index_;
  std::vector<BlockKey> keys_;                    // by block
  std::map<std::uint32_t, std::uint32_t> loads_;  // under way, by owner of their sequence
};

}  // namespace cleave

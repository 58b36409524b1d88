#pragma once
// News of a replica's blocks, for the index and for tiers that take what is evicted.

#include <array>
#include <vector>

#include "sim/cluster/cluster.h"

namespace cleave {

class Cluster::Blocks final : public BlockObserver {
 public:
  Blocks(Cluster& cluster, ReplicaId id) : cluster_(cluster), id_(id), told_{cluster.index_.observer(id), nullptr} {
    if (cluster.directory_) told_[1] = cluster.directory_->observer(id);
  }

  /// Whether anybody needs to hear it. `routed`: routers choose among these replicas by what they hold.
  [[nodiscard]] bool wanted(bool routed) {
    if (!routed) told_ = {};
    return told_[0] != nullptr || told_[1] != nullptr || takes_evicted();
  }

  void on_sealed(const SealedRun& run) override {
    for (BlockObserver* told : told_) {
      if (told != nullptr) told->on_sealed(run);
    }
    if (!takes_evicted()) return;
    for (std::size_t i = 0; i < run.blocks.size(); ++i) {
      const std::size_t block = run.blocks[i].index();
      if (block >= keys_.size()) keys_.resize(block + 1);
      keys_[block] = run.keys[i];
    }
  }
  void on_forgotten(std::span<const BlockId> blocks, bool gone) override {
    for (BlockObserver* told : told_) {
      if (told != nullptr) told->on_forgotten(blocks, gone);
    }
    if (!gone || !takes_evicted()) return;
    for (const BlockId block : blocks) cluster_.tiers_->give_up(id_, keys_[block.index()]);
  }
  void on_cleared() override {
    for (BlockObserver* told : told_) {
      if (told != nullptr) told->on_cleared();
    }
  }
  void tells_of(std::optional<TimePoint> time) override {
    for (BlockObserver* told : told_) {
      if (told != nullptr) told->tells_of(time);
    }
  }

 private:
  [[nodiscard]] bool takes_evicted() const { return cluster_.tiers_ && cluster_.tiers_->writes_on_eviction(); }

  Cluster& cluster_;
  ReplicaId id_;
  std::array<BlockObserver*, 2> told_;  // the index, and the directory of other regions
  std::vector<BlockKey> keys_;          // by block
};

}  // namespace cleave

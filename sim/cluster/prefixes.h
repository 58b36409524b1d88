#pragma once
// What the router knows of cached prefixes: what the index says, or without one the truth, read at this moment.

#include <span>
#include <vector>

#include "sim/cluster/cluster.h"

namespace cleave {

class Cluster::Prefixes final : public PrefixView {
 public:
  Prefixes(Cluster& cluster, const LiveRequest& live) : cluster_(cluster), live_(live) {}

  [[nodiscard]] Observed<Tokens> matched(ReplicaId replica) const override {
    if (cluster_.region_of(replica) != live_.home) return matched_elsewhere(replica);
    Replica& holder = *cluster_.site(replica).replica;
    const Tokens block_size = holder.engine().block_size;
    if (!cluster_.index_.has_index())
      return {holder.cached_prefix(reusable(live_, block_size)), cluster_.kernel_.now()};
    if (belief_.empty()) {
      belief_.resize(cluster_.sites_.size());
      cluster_.ask_index(reusable(live_, block_size), live_.request.id, belief_);
    }
    return {Tokens{belief_[replica.index()] * block_size.value()}, cluster_.index_.as_of(replica)};
  }

  [[nodiscard]] PrefixSources sources(ReplicaId replica) const override {
    const Tokens device = matched(replica).value;
    const bool at_home = cluster_.region_of(replica) == live_.home;  // nobody tells of other regions' tiers
    return cluster_.tiers_ && at_home
               ? cluster_.tiers_->sources(replica, reusable(live_, block_size_of(replica)), device)
               : PrefixSources{device, {}, {}, {}};
  }

  /// Keys of the blocks a request could reuse: full ones, and never the last known token.
  [[nodiscard]] static std::span<const BlockKey> reusable(const LiveRequest& live, Tokens block_size) {
    const auto most = static_cast<std::size_t>(full_blocks(live.request.input - Tokens{1}, block_size));
    return std::span{live.keys}.first(std::min(most, live.keys.size()));
  }

 private:
  [[nodiscard]] Tokens block_size_of(ReplicaId replica) const {
    return cluster_.site(replica).replica->engine().block_size;
  }

  /// As a directory answered, or as the other region told.
  [[nodiscard]] Observed<Tokens> matched_elsewhere(ReplicaId replica) const {
    const Tokens block_size = block_size_of(replica);
    const auto tokens = [&](std::uint32_t blocks) { return static_cast<std::int64_t>(blocks) * block_size; };
    if (!live_.elsewhere.empty()) {
      return {tokens(live_.elsewhere[replica.index()]), live_.answered_at[cluster_.region_of(replica).index()]};
    }
    if (told_.empty()) {
      told_.resize(cluster_.sites_.size());
      cluster_.sync_replicas();
      cluster_.directory_->told(live_.home,
                                {reusable(live_, block_size), live_.request.id.value(), cluster_.kernel_.now()}, told_);
    }
    return {tokens(told_[replica.index()]), cluster_.directory_->told_at(live_.home, replica, cluster_.kernel_.now())};
  }

  Cluster& cluster_;
  const LiveRequest& live_;
  mutable std::vector<std::uint32_t> belief_;  // by ReplicaId, asked for once
  mutable std::vector<std::uint32_t> told_;    // the same, of other regions
};

}  // namespace cleave

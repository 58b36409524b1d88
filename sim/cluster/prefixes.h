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
    return cluster_.tiers_ ? cluster_.tiers_->sources(replica, reusable(live_, block_size_of(replica)), device)
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

  Cluster& cluster_;
  const LiveRequest& live_;
  mutable std::vector<std::uint32_t> belief_;  // by ReplicaId, asked for once
};

}  // namespace cleave

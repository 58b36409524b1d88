#pragma once
// What the router knows of cached prefixes: here the truth, read at this moment.

#include <span>

#include "sim/cluster/cluster.h"

namespace cleave {

class Cluster::Prefixes final : public PrefixView {
 public:
  Prefixes(Cluster& cluster, const LiveRequest& live) : cluster_(cluster), live_(live) {}

  [[nodiscard]] Observed<Tokens> matched(ReplicaId replica) const override {
    Replica& holder = *cluster_.site(replica).replica;
    return {holder.cached_prefix(reusable(live_, holder.engine().block_size)), cluster_.kernel_.now()};
  }

  /// Keys of the blocks a request could reuse: full ones, and never the last known token.
  [[nodiscard]] static std::span<const BlockKey> reusable(const LiveRequest& live, Tokens block_size) {
    const auto most = static_cast<std::size_t>(full_blocks(live.request.input - Tokens{1}, block_size));
    return std::span{live.keys}.first(std::min(most, live.keys.size()));
  }

 private:
  Cluster& cluster_;
  const LiveRequest& live_;
};

}  // namespace cleave

#include "sim/policy/disaggregation.h"

#include <algorithm>

namespace cleave {

Tokens longest_match(const ClusterView& cluster) {
  Tokens longest{0};
  for (const ReplicaView& replica : cluster.replicas) {
    longest = std::max(longest, cluster.prefixes.matched(replica.id).value);
  }
  return longest;
}

}  // namespace cleave

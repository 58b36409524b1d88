#include <algorithm>
#include <optional>

#include "sim/policy/routes.h"

namespace cleave {
namespace {

class RoundRobin final : public RoutePolicy {
 public:
  RouteDecision route(const RequestView&, const ClusterView& cluster) override {
    // By id, not by position: a replica that crashes or returns must not make others lose their turn.
    const auto next = std::find_if(cluster.replicas.begin(), cluster.replicas.end(),
                                   [this](const ReplicaView& replica) { return !last_ || replica.id > *last_; });
    last_ = next == cluster.replicas.end() ? cluster.replicas.front().id : next->id;
    return {*last_, "next in turn", std::nullopt};
  }

 private:
  std::optional<ReplicaId> last_;
};

}  // namespace

std::unique_ptr<RoutePolicy> make_round_robin(const RoutePolicyParams&, Rng) {
  return std::make_unique<RoundRobin>();
}

}  // namespace cleave

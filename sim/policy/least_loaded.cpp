#include "sim/policy/load.h"
#include "sim/policy/routes.h"

namespace cleave {
namespace {

class LeastLoaded final : public RoutePolicy {
 public:
  RouteDecision route(const RequestView&, const ClusterView& cluster) override {
    const LoadRank best = load_rank(least_loaded(cluster.replicas));
    return {best.replica, "fewest requests", static_cast<double>(best.requests)};
  }
};

}  // namespace

std::unique_ptr<RoutePolicy> make_least_loaded(const RoutePolicyParams&, Rng) {
  return std::make_unique<LeastLoaded>();
}

}  // namespace cleave

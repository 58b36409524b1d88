// Policies that stay in one region, or in the nearest that has a candidate.
#include <vector>

#include "models/units/check.h"
#include "sim/policy/routes.h"

namespace cleave {
namespace {

/// The region nearest to `home` with a candidate: home itself, if it has one; ties to the candidate of lowest id.
RegionId nearest_region(RegionId home, const ClusterView& cluster) {
  const auto distance = [&](const ReplicaView& replica) {
    if (replica.region == home) return Duration{0};
    SIM_CHECK(cluster.estimates != nullptr, "regions without distances");
    return cluster.estimates->rtt(home, replica.region);
  };
  const ReplicaView* nearest = &cluster.replicas.front();
  for (const ReplicaView& replica : cluster.replicas.subspan(1)) {
    if (distance(replica) < distance(*nearest)) nearest = &replica;
  }
  return nearest->region;
}

/// Offers another policy the candidates of one region alone.
class Regional final : public RoutePolicy {
 public:
  Regional(RegionId RequestView::*region, std::unique_ptr<RoutePolicy> within)
      : region_(region), within_(std::move(within)) {}

  RouteDecision route(const RequestView& request, const ClusterView& cluster) override {
    const RegionId chosen = nearest_region(request.*region_, cluster);
    offered_.clear();
    for (const ReplicaView& replica : cluster.replicas) {
      if (replica.region == chosen) offered_.push_back(replica);
    }
    ClusterView offer = cluster;
    offer.replicas = offered_;
    return within_->route(request, offer);
  }

 private:
  RegionId RequestView::*region_;
  std::unique_ptr<RoutePolicy> within_;
  std::vector<ReplicaView> offered_;  // scratch
};

}  // namespace

std::unique_ptr<RoutePolicy> make_sticky_region(const RoutePolicyParams& params, Rng rng) {
  return std::make_unique<Regional>(&RequestView::home, make_longest_prefix(params, rng));
}

std::unique_ptr<RoutePolicy> make_kv_region(const RoutePolicyParams& params, Rng rng) {
  return std::make_unique<Regional>(&RequestView::kv_at, make_least_loaded(params, rng));
}

}  // namespace cleave

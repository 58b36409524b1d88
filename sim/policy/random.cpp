#include "sim/policy/routes.h"

namespace cleave {
namespace {

class Random final : public RoutePolicy {
 public:
  explicit Random(Rng rng) : rng_(rng) {}

  RouteDecision route(const RequestView&, const ClusterView& cluster) override {
    const ReplicaView& drawn = cluster.replicas[uniform_below(rng_, cluster.replicas.size())];
    return {drawn.id, "drawn at random", std::nullopt};
  }

 private:
  Rng rng_;
};

}  // namespace

std::unique_ptr<RoutePolicy> make_random(const RoutePolicyParams&, Rng rng) {
  return std::make_unique<Random>(rng);
}

}  // namespace cleave

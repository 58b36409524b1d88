#include <algorithm>
#include <numeric>
#include <vector>

#include "models/units/error.h"
#include "sim/policy/load.h"
#include "sim/policy/routes.h"

namespace cleave {
namespace {

class PowerOfTwo final : public RoutePolicy {
 public:
  PowerOfTwo(std::uint32_t choices, Rng rng) : choices_(choices), rng_(rng) {}

  RouteDecision route(const RequestView&, const ClusterView& cluster) override {
    const std::size_t candidates = cluster.replicas.size();
    order_.resize(candidates);
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    const ReplicaView* best = nullptr;
    // The first steps of a Fisher-Yates shuffle draw different candidates.
    for (std::size_t i = 0; i < std::min<std::size_t>(choices_, candidates); ++i) {
      std::swap(order_[i], order_[i + uniform_below(rng_, candidates - i)]);
      const ReplicaView& drawn = cluster.replicas[order_[i]];
      if (best == nullptr || load_rank(drawn) < load_rank(*best)) best = &drawn;
    }
    const LoadRank rank = load_rank(*best);
    return {rank.replica, "fewest requests of those drawn", static_cast<double>(rank.requests)};
  }

 private:
  std::uint32_t choices_;
  Rng rng_;
  std::vector<std::size_t> order_;  // scratch
};

}  // namespace

std::unique_ptr<RoutePolicy> make_power_of_two(const RoutePolicyParams& params, Rng rng) {
  if (params.choices == 0) throw ConfigError("power_of_two: `choices` is 0, expected at least 1 candidate to draw");
  return std::make_unique<PowerOfTwo>(params.choices, rng);
}

}  // namespace cleave

#include <algorithm>
#include <cmath>
#include <vector>

#include "models/units/error.h"
#include "sim/policy/routes.h"

namespace cleave {
namespace {

class KvCost final : public RoutePolicy {
 public:
  KvCost(const KvCostWeights& weights, Rng rng) : weights_(weights), rng_(rng) {}

  RouteDecision route(const RequestView& request, const ClusterView& cluster) override {
    costs_.clear();
    for (const ReplicaView& replica : cluster.replicas) costs_.push_back(cost(request, replica, cluster.prefixes));
    const std::size_t chosen = weights_.temperature > 0 ? draw() : lowest();
    return {cluster.replicas[chosen].id, "least to compute and decode", costs_[chosen]};
  }

 private:
  [[nodiscard]] double blocks(Tokens tokens) const { return ratio(tokens, weights_.block_size); }

  [[nodiscard]] double cost(const RequestView& request, const ReplicaView& replica, const PrefixView& prefixes) const {
    const ReplicaLoad& load = replica.load.value;
    const PrefixSources cached = prefixes.sources(replica.id);
    const double saved = weights_.overlap_weight * blocks(cached.device) + weights_.host_weight * blocks(cached.host) +
                         weights_.disk_weight * blocks(cached.disk) + weights_.shared_weight * blocks(cached.shared);
    const double prefill = std::max(0.0, blocks(load.pending_tokens + request.input) - saved);
    return weights_.prefill_load_scale * prefill + static_cast<double>(load.kv_blocks);
  }

  [[nodiscard]] std::size_t lowest() const {
    return static_cast<std::size_t>(std::min_element(costs_.begin(), costs_.end()) - costs_.begin());
  }

  /// By the softmax of the costs, scaled to 0 ... 1 so that the temperature means the same for long and short prompts.
  std::size_t draw() {
    const auto [low, high] = std::minmax_element(costs_.begin(), costs_.end());
    const double range = *high > *low ? *high - *low : 1.0;
    std::vector<double> weights;
    double total = 0;
    for (const double cost : costs_) {
      weights.push_back(std::exp(-(cost - *low) / range / weights_.temperature));
      total += weights.back();
    }
    double left = uniform01(rng_) * total;
    for (std::size_t i = 0; i + 1 < weights.size(); ++i) {
      if (left < weights[i]) return i;
      left -= weights[i];
    }
    return weights.size() - 1;
  }

  KvCostWeights weights_;
  Rng rng_;
  std::vector<double> costs_;
};

}  // namespace

std::unique_ptr<RoutePolicy> make_kv_cost(const RoutePolicyParams& params, Rng rng) {
  const KvCostWeights& w = params.kv_cost;
  for (const double weight :
       {w.overlap_weight, w.host_weight, w.disk_weight, w.shared_weight, w.prefill_load_scale, w.temperature}) {
    if (!std::isfinite(weight) || weight < 0) throw ConfigError("kv_cost: weights must be numbers of at least 0");
  }
  if (w.block_size < Tokens{1}) throw ConfigError("kv_cost: `cost_block_size` must be at least 1");
  return std::make_unique<KvCost>(w, rng);
}

}  // namespace cleave

#include <algorithm>
#include <cmath>

#include "models/units/error.h"
#include "sim/policy/routes.h"

namespace cleave {
namespace {

/// llm-d's precise-prefix, queue and kv-utilisation scorers, weighted; its picker takes the highest sum.
class Scores final : public RoutePolicy {
 public:
  explicit Scores(const ScoreWeights& weights) : weights_(weights) {}

  RouteDecision route(const RequestView&, const ClusterView& cluster) override {
    Range prefix;
    Range queue;
    for (const ReplicaView& replica : cluster.replicas) {
      prefix.add(matched(cluster, replica));
      queue.add(static_cast<double>(replica.load.value.waiting));
    }
    const ReplicaView* best = nullptr;
    double highest = 0;
    for (const ReplicaView& replica : cluster.replicas) {
      const double score = weights_.prefix * prefix.above_least(matched(cluster, replica)) +
                           weights_.queue * queue.below_most(static_cast<double>(replica.load.value.waiting)) +
                           weights_.kv_usage * (1 - replica.load.value.kv_usage);
      if (best != nullptr && score <= highest) continue;
      best = &replica;
      highest = score;
    }
    return {best->id, "highest weighted score", highest};
  }

 private:
  struct Range {
    std::optional<double> least;
    double most = 0;
    void add(double value) {
      most = least ? std::max(most, value) : value;
      least = std::min(value, least.value_or(value));
    }
    [[nodiscard]] double width() const { return most - *least; }
    /// Nobody has a prefix: it says nothing. Everybody has the same: it says nothing either.
    [[nodiscard]] double above_least(double value) const { return width() > 0 ? (value - *least) / width() : 0; }
    [[nodiscard]] double below_most(double value) const { return width() > 0 ? (most - value) / width() : 1; }
  };

  static double matched(const ClusterView& cluster, const ReplicaView& replica) {
    return static_cast<double>(cluster.prefixes.matched(replica.id).value.value());
  }

  ScoreWeights weights_;
};

}  // namespace

std::unique_ptr<RoutePolicy> make_scores(const RoutePolicyParams& params, Rng) {
  const ScoreWeights& w = params.scores;
  for (const double weight : {w.prefix, w.queue, w.kv_usage}) {
    if (!std::isfinite(weight) || weight < 0) throw ConfigError("scores: weights must be numbers of at least 0");
  }
  return std::make_unique<Scores>(w);
}

}  // namespace cleave

#include <cmath>

#include "models/units/error.h"
#include "sim/policy/load.h"
#include "sim/policy/routes.h"

namespace cleave {
namespace {

class LongestPrefix final : public RoutePolicy {
 public:
  explicit LongestPrefix(double prefix_weight) : prefix_weight_(prefix_weight) {}

  RouteDecision route(const RequestView&, const ClusterView& cluster) override {
    const ReplicaView* best = nullptr;
    double best_score = 0;
    Tokens best_match;
    for (const ReplicaView& replica : cluster.replicas) {
      const Tokens matched = cluster.prefixes.matched(replica.id).value;
      const double gained = prefix_weight_ * static_cast<double>(matched.value());
      const double score = gained - static_cast<double>(replica.load.value.pending_tokens.value());
      const bool better =
          best == nullptr || score > best_score || (score == best_score && load_rank(replica) < load_rank(*best));
      if (better) {
        best = &replica;
        best_score = score;
        best_match = matched;
      }
    }
    return {best->id, best_match > Tokens{0} ? "longest prefix less load" : "no prefix here: least pending",
            best_score};
  }

 private:
  double prefix_weight_;
};

}  // namespace

std::unique_ptr<RoutePolicy> make_longest_prefix(const RoutePolicyParams& params, Rng) {
  if (!std::isfinite(params.prefix_weight) || params.prefix_weight < 0) {
    throw ConfigError("longest_prefix: `prefix_weight` must be a number of at least 0");
  }
  return std::make_unique<LongestPrefix>(params.prefix_weight);
}

}  // namespace cleave

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
    Candidate best = rate(cluster.replicas.front(), cluster.prefixes);
    for (const ReplicaView& replica : cluster.replicas.subspan(1)) {
      const Candidate candidate = rate(replica, cluster.prefixes);
      if (better(candidate, best)) best = candidate;
    }
    const bool known = best.matched > Tokens{0};
    return {best.load.replica, known ? "longest prefix less load" : "no prefix here: least pending", best.score};
  }

 private:
  struct Candidate {
    LoadRank load;
    Tokens matched;
    double score = 0;
  };

  [[nodiscard]] Candidate rate(const ReplicaView& replica, const PrefixView& prefixes) const {
    const Tokens matched = prefixes.matched(replica.id).value;
    const double gained = prefix_weight_ * static_cast<double>(matched.value());
    return {load_rank(replica), matched, gained - static_cast<double>(replica.load.value.pending_tokens.value())};
  }

  static bool better(const Candidate& a, const Candidate& b) {
    return a.score != b.score ? a.score > b.score : a.load < b.load;
  }

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

#include <cmath>
#include <tuple>
#include <vector>

#include "models/units/error.h"
#include "sim/policy/load.h"
#include "sim/policy/routes.h"

namespace cleave {
namespace {

class LongestPrefix final : public RoutePolicy {
 public:
  LongestPrefix(double prefix_weight, Tokens common_prefix)
      : prefix_weight_(prefix_weight), common_prefix_(common_prefix) {}

  RouteDecision route(const RequestView&, const ClusterView& cluster) override {
    Candidate best = rate(cluster.replicas.front(), cluster.prefixes);
    for (const ReplicaView& replica : cluster.replicas.subspan(1)) {
      const Candidate candidate = rate(replica, cluster.prefixes);
      if (better(candidate, best)) best = candidate;
    }
    chosen_at(best.load.replica) = ++choices_;
    const bool known = best.matched > Tokens{0};
    return {best.load.replica, known ? "longest prefix less load" : "no prefix here: least pending", best.score};
  }

 private:
  struct Candidate {
    LoadRank load;
    Tokens matched;
    double score = 0;
    std::uint64_t chosen_at = 0;
  };

  [[nodiscard]] Candidate rate(const ReplicaView& replica, const PrefixView& prefixes) {
    const Tokens found = prefixes.matched(replica.id).value;
    const Tokens matched = found > common_prefix_ ? found : Tokens{0};
    const double gained = prefix_weight_ * static_cast<double>(matched.value());
    return {load_rank(replica), matched, gained - static_cast<double>(replica.load.value.pending_tokens.value()),
            chosen_at(replica.id)};
  }

  /// Of equals that are equally loaded, the one that was not chosen for longest: an idle cluster's caches fill evenly.
  static bool better(const Candidate& a, const Candidate& b) {
    if (a.score != b.score) return a.score > b.score;
    const auto load = [](const Candidate& c) {
      return std::tuple(c.load.requests, c.load.pending_tokens, c.load.kv_usage, c.chosen_at, c.load.replica);
    };
    return load(a) < load(b);
  }

  [[nodiscard]] std::uint64_t& chosen_at(ReplicaId replica) {
    if (replica.index() >= chosen_at_.size()) chosen_at_.resize(replica.index() + 1);
    return chosen_at_[replica.index()];
  }

  double prefix_weight_;
  Tokens common_prefix_;
  std::uint64_t choices_ = 0;
  std::vector<std::uint64_t> chosen_at_;  // by ReplicaId; 0: never
};

}  // namespace

std::unique_ptr<RoutePolicy> make_longest_prefix(const RoutePolicyParams& params, Rng) {
  if (!std::isfinite(params.prefix_weight) || params.prefix_weight < 0) {
    throw ConfigError("longest_prefix: `prefix_weight` must be a number of at least 0");
  }
  return std::make_unique<LongestPrefix>(params.prefix_weight, params.common_prefix);
}

}  // namespace cleave

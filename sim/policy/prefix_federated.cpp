// Over all regions: ship the request to the KV, the KV to the request, or compute, whichever answers first.
#include <algorithm>
#include <deque>
#include <map>
#include <vector>

#include "models/units/check.h"
#include "sim/policy/routes.h"
#include "sim/policy/ship_or_compute.h"

namespace cleave {
namespace {

class PrefixFederated final : public RoutePolicy {
 public:
  RouteDecision route(const RequestView& request, const ClusterView& cluster) override {
    SIM_CHECK(cluster.estimates != nullptr, "prefix_federated needs estimates");
    note_holders(cluster);
    const ReplicaView* best = nullptr;
    PrefixPlan chosen;
    for (const ReplicaView& replica : cluster.replicas) {
      const PrefixPlan plan = plan_for(request, cluster, replica);
      if (best != nullptr && plan.total() >= chosen.total()) continue;
      best = &replica;
      chosen = plan;
    }
    const Duration way = cluster.estimates->rtt(request.home, best->region) / 2;
    sent_[best->id].push_back({cluster.now + way, request.input - chosen.prefix});
    RouteDecision decision{best->id, reason_of(request, *best, chosen), to_seconds(chosen.total()), {}};
    if (chosen.from) decision.fetch = PrefixFetch{*chosen.from, chosen.prefix};
    return decision;
  }

 private:
  struct Holder {
    ReplicaId replica;
    RegionId region;
    Tokens matched;
  };
  struct Sent {
    TimePoint arrives;
    Tokens tokens;
  };

  /// The longest prefix of each region, in order of regions' first appearance; ties to the lowest id.
  void note_holders(const ClusterView& cluster) {
    holders_.clear();
    for (const ReplicaView& replica : cluster.replicas) {
      const Tokens matched = cluster.prefixes.matched(replica.id).value;
      if (matched == Tokens{0}) continue;
      const auto same = std::find_if(holders_.begin(), holders_.end(),
                                     [&](const Holder& holder) { return holder.region == replica.region; });
      if (same == holders_.end())
        holders_.push_back({replica.id, replica.region, matched});
      else if (matched > same->matched)
        *same = {replica.id, replica.region, matched};
    }
  }

  /// What was sent to the replica and had not reached it when it reported.
  Tokens sent_since(const ReplicaView& replica) {
    std::deque<Sent>& sent = sent_[replica.id];
    while (!sent.empty() && sent.front().arrives <= replica.load.as_of) sent.pop_front();
    Tokens sum{0};
    for (const Sent& one : sent) sum += one.tokens;
    return sum;
  }

  PrefixPlan plan_for(const RequestView& request, const ClusterView& cluster, const ReplicaView& replica) {
    const ServiceEstimates& estimates = *cluster.estimates;
    PrefixPlan base;
    base.travel = estimates.rtt(request.home, replica.region);
    base.queue = estimates.backlog(replica.id, replica.load.value.pending_tokens + sent_since(replica));
    base.prefix = cluster.prefixes.matched(replica.id).value;
    base.compute = estimates.prefill(replica.id, request.input - base.prefix, base.prefix);
    PrefixPlan best = base;
    for (const Holder& holder : holders_) {
      if (holder.replica == replica.id || holder.matched <= base.prefix) continue;
      const auto ship = estimates.ship(holder.replica, replica.id, holder.matched - base.prefix);
      if (!ship) continue;
      PrefixPlan plan = base;
      plan.ship = *ship;
      plan.from = holder.replica;
      plan.prefix = holder.matched;
      plan.compute = estimates.prefill(replica.id, request.input - holder.matched, holder.matched);
      if (plan.total() < best.total()) best = plan;
    }
    return best;
  }

  static std::string_view reason_of(const RequestView& request, const ReplicaView& replica, const PrefixPlan& plan) {
    const bool away = replica.region != request.home;
    if (plan.from) return away ? "ships the request and the KV" : "ships the KV";
    if (away) return "ships the request";
    return plan.prefix > Tokens{0} ? "at home, where a prefix is" : "computes at home";
  }

  std::vector<Holder> holders_;                 // scratch
  std::map<ReplicaId, std::deque<Sent>> sent_;  // in order of arrival
};

}  // namespace

std::unique_ptr<RoutePolicy> make_prefix_federated(const RoutePolicyParams&, Rng) {
  return std::make_unique<PrefixFederated>();
}

}  // namespace cleave

#include <deque>
#include <unordered_map>

#include "models/units/error.h"
#include "sim/policy/load.h"
#include "sim/policy/routes.h"

namespace cleave {
namespace {

class SessionAffinity final : public RoutePolicy {
 public:
  explicit SessionAffinity(Duration ttl) : ttl_(ttl) {}

  RouteDecision route(const RequestView& request, const ClusterView& cluster) override {
    forget_idle(cluster.now);
    const auto known = homes_.find(request.session);
    if (known != homes_.end() && is_candidate(known->second.replica, cluster)) {
      return remember(request.session, known->second.replica, cluster.now, "the session's replica");
    }
    const std::string_view reason =
        known == homes_.end() ? "new session: fewest requests" : "session's replica is gone";
    return remember(request.session, least_loaded(cluster.replicas).id, cluster.now, reason);
  }

 private:
  struct Home {
    ReplicaId replica;
    TimePoint seen;
  };
  struct Sighting {
    SessionId session;
    TimePoint seen;
  };

  static bool is_candidate(ReplicaId id, const ClusterView& cluster) {
    for (const ReplicaView& replica : cluster.replicas) {
      if (replica.id == id) return true;
    }
    return false;
  }

  RouteDecision remember(SessionId session, ReplicaId replica, TimePoint now, std::string_view reason) {
    homes_[session] = {replica, now};
    sightings_.push_back({session, now});
    return {replica, reason, std::nullopt};
  }

  /// Drops sessions unseen for longer than the ttl. A session seen again since has a later sighting behind it.
  void forget_idle(TimePoint now) {
    while (!sightings_.empty() && now - sightings_.front().seen > ttl_) {
      const auto home = homes_.find(sightings_.front().session);
      if (home != homes_.end() && home->second.seen == sightings_.front().seen) homes_.erase(home);
      sightings_.pop_front();
    }
  }

  Duration ttl_;
  std::unordered_map<SessionId, Home> homes_;  // looked up, never iterated
  std::deque<Sighting> sightings_;             // oldest first
};

}  // namespace

std::unique_ptr<RoutePolicy> make_session_affinity(const RoutePolicyParams& params, Rng) {
  if (params.affinity_ttl <= Duration::zero()) {
    throw ConfigError("session_affinity: `affinity_ttl` must be longer than zero");
  }
  return std::make_unique<SessionAffinity>(params.affinity_ttl);
}

}  // namespace cleave

#pragma once
// Views for policy tests: replicas with given loads, requests with given sessions.

#include <cstdint>
#include <map>
#include <vector>

#include "sim/policy/route.h"

namespace cleave {

/// What the router believes of each replica's cache; nothing unless set.
class FakePrefixes final : public PrefixView {
 public:
  [[nodiscard]] Observed<Tokens> matched(ReplicaId replica) const override {
    const auto found = tokens.find(replica);
    return {found == tokens.end() ? Tokens{0} : found->second, kStartOfTime};
  }
  std::map<ReplicaId, Tokens> tokens;
};

inline ReplicaView replica(std::uint32_t id, std::int64_t waiting = 0, std::int64_t running = 0,
                           std::int64_t pending = 0) {
  return {ReplicaId{id}, {{waiting, running, Tokens{pending}, 0.0}, kStartOfTime}};
}

/// Idle replicas 0 ... n-1.
inline std::vector<ReplicaView> idle_replicas(std::uint32_t n) {
  std::vector<ReplicaView> replicas;
  for (std::uint32_t id = 0; id < n; ++id) replicas.push_back(replica(id));
  return replicas;
}

inline RequestView request(std::uint32_t id, std::uint32_t session = 0, std::int64_t input = 1024) {
  RequestView view;
  view.id = RequestId{id};
  view.session = SessionId{session};
  view.input = Tokens{input};
  return view;
}

inline RouteDecision ask(RoutePolicy& policy, const RequestView& request, std::span<const ReplicaView> replicas,
                         const PrefixView& prefixes, TimePoint now = kStartOfTime) {
  return policy.route(request, ClusterView{now, replicas, prefixes});
}

}  // namespace cleave

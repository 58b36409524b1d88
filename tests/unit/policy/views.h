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

/// Arithmetic that can be followed by hand: each time is so much a token; regions are 80 ms apart.
class FakeEstimates final : public ServiceEstimates {
 public:
  Duration compute_token = std::chrono::nanoseconds{1};
  Duration queued_token = std::chrono::nanoseconds{1};
  Duration shipped_token = std::chrono::nanoseconds{1};
  Duration decode_sequence = std::chrono::milliseconds{1};  // of a step, for each sequence
  Duration distance = std::chrono::milliseconds{80};
  WanLoad link;
  bool same_names = true;

  [[nodiscard]] Duration prefill(ReplicaId, Tokens tokens, Tokens) const override {
    return compute_token * tokens.value();
  }
  [[nodiscard]] Duration backlog(ReplicaId, Tokens pending) const override { return queued_token * pending.value(); }
  [[nodiscard]] Duration decode_step(ReplicaId, std::int64_t sequences, std::int64_t) const override {
    return decode_sequence * sequences;
  }
  [[nodiscard]] std::optional<Duration> ship(ReplicaId, ReplicaId, Tokens tokens) const override {
    if (!same_names) return std::nullopt;
    return shipped_token * tokens.value();
  }
  [[nodiscard]] Duration rtt(RegionId a, RegionId b) const override { return a == b ? Duration{0} : distance; }
  [[nodiscard]] WanLoad wan(RegionId, RegionId) const override { return link; }
};

inline ReplicaView replica(std::uint32_t id, std::int64_t waiting = 0, std::int64_t running = 0,
                           std::int64_t pending = 0) {
  return {ReplicaId{id}, {{waiting, running, Tokens{pending}, 0.0}, kStartOfTime}, {}, {}};
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
                         const PrefixView& prefixes, TimePoint now = kStartOfTime,
                         const ServiceEstimates& estimates = FakeEstimates{}) {
  return policy.route(request, ClusterView{now, replicas, prefixes, &estimates});
}

}  // namespace cleave

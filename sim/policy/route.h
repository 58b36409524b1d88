#pragma once
// The routing seam: one const view in, one decision out.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "models/units/keys.h"
#include "models/units/region.h"
#include "models/units/units.h"
#include "sim/core/rng.h"
#include "sim/policy/estimates.h"

namespace cleave {

/// A signal and the moment it was true.
template <class T>
struct Observed {
  T value{};
  TimePoint as_of{};
};

/// What a router knows of a request. It has no output length: no real router knows it.
struct RequestView {
  RequestId id;
  ClassId cls;
  SessionId session;
  std::uint32_t turn = 0;
  Tokens input;
  TimePoint arrival;
  std::int32_t priority = 0;  // lower is more urgent
  RegionId home;              // of its client and of the router that asks
  RegionId kv_at;             // where its prompt is computed, once that is decided; before: home
};

/// What a replica reports of itself.
struct ReplicaLoad {
  std::int64_t waiting = 0;    // requests queued, hand-offs included
  std::int64_t running = 0;    // requests in the batch
  Tokens pending_tokens;       // prompt tokens queued and not yet computed
  double kv_usage = 0;         // share of KV blocks held by live requests, 0 ... 1
  std::int64_t kv_blocks = 0;  // held by live requests
};

/// Leading tokens of a prompt by where a replica would take them from: each count goes on where the one before ends.
struct PrefixSources {
  Tokens device;
  Tokens host;    // memory of its node
  Tokens disk;    // storage of its node
  Tokens shared;  // what several nodes share
};

/// Where a router learns what is cached where.
class PrefixView {
 public:
  virtual ~PrefixView() = default;
  /// The same by tier; without tiers all is in the device.
  [[nodiscard]] virtual PrefixSources sources(ReplicaId replica) const { return {matched(replica).value, {}, {}, {}}; }
  /// Tokens of the request's prompt that replica holds as a leading run, as far as the router knows.
  [[nodiscard]] virtual Observed<Tokens> matched(ReplicaId replica) const = 0;
};

/// Loads of other regions are as old as their reports, and the way here, make them.
struct ReplicaView {
  ReplicaId id;
  Observed<ReplicaLoad> load;
  RegionId region;
  Tokens step_budget;  // most tokens of one step
};

/// The candidates, in ascending id; never empty. `now` is the router's own clock.
struct ClusterView {
  TimePoint now;
  std::span<const ReplicaView> replicas;
  const PrefixView& prefixes;
  const ServiceEstimates* estimates = nullptr;  // given in every run
};

/// The first `tokens` tokens of the prompt, of which `holder` is believed to have KV.
struct PrefixFetch {
  ReplicaId holder;
  Tokens tokens;
  bool operator==(const PrefixFetch&) const = default;
};

/// `reason` is a short static text for the decision log; `score` is what the choice minimised or maximised.
struct RouteDecision {
  ReplicaId replica;
  std::string_view reason;
  std::optional<double> score;
  std::optional<PrefixFetch> fetch{};  // shipped to the replica before it computes the rest
};

/// Chooses the replica for an admitted request. A decision is an intent: the cluster checks it and counts refusals.
class RoutePolicy {
 public:
  virtual ~RoutePolicy() = default;
  virtual RouteDecision route(const RequestView& request, const ClusterView& cluster) = 0;
};

}  // namespace cleave

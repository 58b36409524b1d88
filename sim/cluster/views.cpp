// What policies see, and the log of what they chose.
#include <algorithm>

#include "sim/cluster/cluster.h"
#include "sim/cluster/prefixes.h"

namespace cleave {

RequestView Cluster::view_of(const LiveRequest& live) const {
  const Request& request = live.request;
  RequestView view{request.id,    request.cls,     request.session,
                   request.turn,  request.input,   request.arrival,
                   class_priority_[request.cls.index()], live.home, live.home};
  if (live.stage != Stage::routing && live.record.prefill_replica) view.kv_at = region_of(*live.record.prefill_replica);
  return view;
}

std::span<const ReplicaId> Cluster::candidates(const LiveRequest& live, bool decode_side) {
  const Reach& reach = reach_[live.request.cls.index()];
  const Tokens whole = live.request.input + live.request.output;
  candidates_.clear();
  for (const ReplicaId id : decode_side ? reach.decode : reach.prefill) {
    const Replica& replica = *site(id).replica;
    const Tokens needed =
        replica.role() == ReplicaRole::prefill ? live.request.input + live.record.generated + Tokens{1} : whole;
    if (replica.up() && needed <= replica.max_context()) candidates_.push_back(id);
  }
  return candidates_;
}

ReplicaLoad Cluster::load_of(Site& at) {
  Replica& replica = *at.replica;
  ReplicaLoad load;
  load.waiting = replica.waiting() + at.reserving_meter.length();
  load.running = replica.running();
  load.pending_tokens = Tokens{replica.pending_tokens()};
  const KvMemory& pool = replica.pool();
  load.kv_blocks = pool.used_blocks();
  if (!pool.unlimited()) {
    load.kv_usage = static_cast<double>(pool.used_blocks()) / static_cast<double>(pool.total_blocks());
  }
  return load;
}

ClusterView Cluster::view(const LiveRequest& live, std::span<const ReplicaId> candidates, const Prefixes& prefixes,
                          std::vector<ReplicaView>& into) {
  into.clear();
  for (const ReplicaId id : candidates) {
    Site& at = site(id);
    into.push_back(
        {id, load_seen_from(live.home, at), at.place.region, at.replica->engine().max_num_batched_tokens});
  }
  return {kernel_.now(), into, prefixes, &estimates_};
}

/// Replicas report their load now, and again after the interval for as long as there is work.
void Cluster::report_loads() {
  for (Site& at : sites_) {
    at.reported = load_of(at);
    at.reported_at = kernel_.now();
  }
  observe_again(scenario_.router.signal_interval, Phase::decision, [this] { report_loads(); });
}

void Cluster::log(LiveId id, DecisionStage stage, const RouteDecision& decision, std::size_t candidates) {
  if (!recorder_.wants_decisions()) return;
  recorder_.decided({kernel_.now(), live_.at(id.slot).request.id, stage,
                     candidates == 0 ? std::nullopt : std::optional{decision.replica},
                     static_cast<std::uint32_t>(candidates), decision.reason, decision.score});
}

}  // namespace cleave

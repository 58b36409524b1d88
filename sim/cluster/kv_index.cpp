// The prefix index at work: what routers ask, what they tell, and leases on what they were promised.
#include <algorithm>
#include <iterator>
#include <utility>

#include "sim/cluster/cluster.h"
#include "sim/cluster/prefixes.h"

namespace cleave {

void Cluster::arm_index() {
  if (const auto* events = std::get_if<EventIndex>(&scenario_.prefix_index)) {
    for (const Duration at : events->restart_at) {
      after(at, Phase::fault, [this] { index_.restart(); });
      after(at + events->resync_delay, Phase::fault, [this] { index_.resync(); });
    }
  }
  for (const Duration at : scenario_.kv_store.model_changes) {
    after(at, Phase::fault, [this] {
      ++epoch_;
      if (tiers_) tiers_->next_epoch();
    });
  }
}

/// The name space of a pool's keys: with the guard on, each version of the model has its own.
std::uint64_t Cluster::key_root(const PoolPlan& pool) const {
  return scenario_.kv_store.guards.epoch ? pool.key_root + epoch_ * 0x9e3779b97f4a7c15ULL : pool.key_root;
}

/// Replicas apply decode steps lazily: what they would have told by now must have been told. Once for all that is asked
/// in one event.
void Cluster::sync_replicas() {
  const std::uint64_t event = kernel_.counters().events;
  if (std::exchange(synced_in_, event) == event) return;
  for (Site& at : sites_) at.replica->sync();
}

void Cluster::ask_index(std::span<const BlockKey> keys, RequestId request, std::span<std::uint32_t> out) {
  sync_replicas();
  index_.believed(keys, request.value(), out);
}

/// Of its own region: what it knows of others comes from elsewhere.
void Cluster::tell_index(LiveId id, std::span<const ReplicaId> candidates) {
  if (!index_.has_index()) return;
  const LiveRequest& live = *live_.find(id);
  const ReplicaId chosen = *live.record.prefill_replica;
  if (region_of(chosen) != live.home) return;
  std::vector<ReplicaId> at_home;
  if (regions_.count() > 1) {
    std::copy_if(candidates.begin(), candidates.end(), std::back_inserter(at_home),
                 [&](ReplicaId candidate) { return region_of(candidate) == live.home; });
    candidates = at_home;
  }
  const Tokens block_size = site(chosen).replica->engine().block_size;
  sync_replicas();
  index_.routed(Prefixes::reusable(live, block_size), live.request.id.value(), chosen, candidates, block_size);
  lease_prefix(id);
}

/// The chosen replica keeps what it has of the prompt until the request is admitted, or for the lease's term.
void Cluster::lease_prefix(LiveId id) {
  const auto* lease = std::get_if<LeaseIndex>(&scenario_.prefix_index);
  if (lease == nullptr) return;
  LiveRequest& live = *live_.find(id);
  end_lease(id);
  const ReplicaId holder = *live.record.prefill_replica;
  Replica& replica = *site(holder).replica;
  const auto keys = Prefixes::reusable(live, replica.engine().block_size);
  const auto blocks = static_cast<std::size_t>(full_blocks(replica.cached_prefix(keys), replica.engine().block_size));
  if (blocks == 0) return;
  std::vector<BlockId> held;
  replica.pin(keys.first(blocks), 0, held);
  live.lease = park(holder, held);
  parked_[*live.lease].waits = true;
  after(lease->term, Phase::decision, [this, id, parked = *live.lease] {
    const LiveRequest* still = live_.find(id);
    if (still != nullptr && still->lease == parked) end_lease(id);
  });
}

void Cluster::end_lease(LiveId id) {
  LiveRequest& live = *live_.find(id);
  if (!live.lease) return;
  const std::uint32_t parked = *live.lease;
  live.lease.reset();
  unpark(parked);
}

}  // namespace cleave

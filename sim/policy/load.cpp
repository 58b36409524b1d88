#include "sim/policy/load.h"

namespace cleave {

LoadRank load_rank(const ReplicaView& replica) {
  const ReplicaLoad& load = replica.load.value;
  return {load.waiting + load.running, load.pending_tokens, load.kv_usage, replica.id};
}

const ReplicaView& least_loaded(std::span<const ReplicaView> replicas) {
  const ReplicaView* best = &replicas.front();
  for (const ReplicaView& replica : replicas.subspan(1)) {
    if (load_rank(replica) < load_rank(*best)) best = &replica;
  }
  return *best;
}

}  // namespace cleave

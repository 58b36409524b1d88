// KV that decoding produced, sent to where later turns are prefilled; and blocks that outstay their request.
#include <algorithm>

#include "models/units/check.h"
#include "sim/cluster/cluster.h"
#include "sim/cluster/prefixes.h"

namespace cleave {

DecodeKv Cluster::decode_kv(bool split) const {
  return scenario_.transfer.decode_kv.value_or(split ? DecodeKv::drop : DecodeKv::pull);
}

/// Pushes the blocks that decoding filled to the replica that prefilled. Returns whether they are under way; their
/// memory is held here until they arrive.
bool Cluster::store_output(LiveId id) {
  LiveRequest& live = *live_.find(id);
  const ReplicaId from = *live.record.decode_replica;
  const ReplicaId to = *live.record.prefill_replica;
  if (!site(to).replica->up()) return false;
  const PoolPlan& at = plan(from);
  const Tokens block_size = at.params->engine.block_size;
  const Tokens input = live.request.input;
  const auto first = static_cast<std::size_t>(full_blocks(input, block_size));
  const auto full = static_cast<std::size_t>(full_blocks(Tokens{live.decode.computed}, block_size));
  if (full <= first) return false;
  BlockKeyChain{at.key_root ^ adapter_salt(live.request.adapter), block_size}.extend_keys(
      live.request.prompt, SegmentId::output_of(live.request.id), Tokens{live.decode.computed} - input, live.keys);
  ++counters_.stores;
  site(from).replica->release_blocks(live.decode.state);
  site(from).replica->release_blocks(live.decode.kept);
  const std::uint32_t parked = park(from, live.decode.blocks);
  parked_[parked].to = to;
  parked_[parked].to_crashes = site(to).crashes;
  parked_[parked].keys.assign(live.keys.begin(), live.keys.begin() + static_cast<std::ptrdiff_t>(full));
  parked_[parked].first = first;
  const KvPath& path = paths_.between(from, to);
  KvParcel parcel;
  parcel.blocks = static_cast<std::int64_t>(full - first);
  parcel.tokens = static_cast<double>(parcel.blocks * block_size.value());
  parcel.runs = runs_of(path, parked_[parked].blocks, {}, first, parcel.blocks);
  parcel.asks_first = true;
  mover_.start(plan_movement(path, parcel, site(from).place.memory, site(to).place.memory),
               [this, parked](MovementEnd end) { on_stored(parked, end); });
  return true;
}

void Cluster::on_stored(std::uint32_t index, MovementEnd end) {
  Parked& parked = parked_[index];
  const auto offered = static_cast<std::uint64_t>(parked.keys.size() - parked.first);
  const bool both_survived = site(parked.at).crashes == parked.crashes && site(parked.to).crashes == parked.to_crashes;
  if (end == MovementEnd::delivered && both_survived) {
    const auto stored = static_cast<std::uint64_t>(site(parked.to).replica->store(parked.keys, parked.first));
    counters_.blocks_stored += stored;
    counters_.blocks_not_stored += offered - stored;
  } else {
    counters_.blocks_not_stored += offered;
  }
  unpark(index);
}

}  // namespace cleave

// KV that decoding produced, brought back to where later turns are prefilled.
#include <algorithm>

#include "models/units/check.h"
#include "sim/cluster/cluster.h"
#include "sim/cluster/prefixes.h"

namespace cleave {

DecodeKv Cluster::decode_kv(bool split) const {
  return scenario_.transfer.decode_kv.value_or(split ? DecodeKv::drop : DecodeKv::pull);
}

/// Pulls the prompt's prefix from the decode replica that holds more of it than the prefill replica does. Returns
/// whether the request now waits for it.
bool Cluster::fetch(LiveId id) {
  LiveRequest& live = *live_.find(id);
  const ReplicaId to = *live.record.prefill_replica;
  Replica& prefill = *site(to).replica;
  const Tokens block_size = prefill.engine().block_size;
  const auto keys = Prefixes::reusable(live, block_size);
  const Tokens local = prefill.cached_prefix(keys);
  Tokens best = local;
  ReplicaId holder;
  for (const ReplicaId candidate : reach_[live.request.cls.index()].decode) {
    if (!site(candidate).replica->up()) continue;
    const Tokens has = site(candidate).replica->cached_prefix(keys);
    if (has <= best) continue;
    best = has;
    holder = candidate;
  }
  if (best <= local) return false;
  if (!prefill.reserve(live.prefill, best)) {
    ++counters_.pulls_without_room;
    return false;
  }
  ++counters_.pulls;
  const auto from = static_cast<std::size_t>(full_blocks(local, block_size));
  const auto until = static_cast<std::size_t>(full_blocks(best, block_size));
  live.fetched.clear();
  for (std::size_t i = 0; i < until; ++i) {
    live.fetched.push_back((i < from ? prefill : *site(holder).replica).pool().origin_of(keys.first(i + 1)));
  }
  std::vector<BlockId> blocks;
  site(holder).replica->pin(keys.first(until), from, blocks);
  const Bytes bytes = kv_bytes(holder, (best - local).value(), false);
  live.pinned = KeptBlocks{park(holder, blocks), std::nullopt};
  claim(id, &LiveRequest::pinned, to, bytes);
  live.stage = Stage::fetching;
  const KvPath& path = paths_.between(holder, to);
  KvParcel parcel;
  parcel.tokens = static_cast<double>((best - local).value());
  parcel.blocks = static_cast<std::int64_t>(until - from);
  const std::span<const BlockId> room{live.prefill.blocks};
  parcel.runs =
      runs_of(path, parked_[live.pinned->parked].blocks, room.subspan(std::min(from, room.size())), 0, parcel.blocks);
  parcel.asks_first = true;
  live.movements.push_back(
      mover_.start(plan_movement(path, parcel, site(holder).place.memory, site(to).place.memory),
                   [this, id, bytes](MovementEnd end) { on_fetched(id, bytes, end); }));
  return true;
}

void Cluster::on_fetched(LiveId id, Bytes bytes, MovementEnd end) {
  LiveRequest& live = *live_.find(id);
  if (end == MovementEnd::gave_up) return compute_instead(id);
  if (!live.pinned) {  // freed while it was read
    if (scenario_.kv_store.guards.validate) return compute_instead(id);
    ++counters_.reads_undetected;
  }
  leave(live.pinned);
  live.movements.clear();
  Replica& prefill = *site(*live.record.prefill_replica).replica;
  live.record.transferred += bytes;
  const std::int64_t block = prefill.engine().block_size.value();
  const auto blocks = static_cast<std::int64_t>(live.fetched.size());
  prefill.deliver(live.prefill, Tokens{blocks * block}, live.fetched);
  if (!live.record.first_scheduled) {  // hits are told once, at the first admission
    const auto decoded = std::count(live.fetched.begin(), live.fetched.end(), KvOrigin::decode);
    live.record.hit_decode_kv = Tokens{decoded * block};
    live.record.hit_prompt_kv = Tokens{(blocks - decoded) * block};
  }
  live.stage = Stage::prefill;
  prefill.enqueue(live.prefill);
}

/// What was to be fetched cannot be had: the prefill side computes it.
void Cluster::compute_instead(LiveId id) {
  LiveRequest& live = *live_.find(id);
  for (const MovementId movement : live.movements) mover_.cancel(movement);
  live.movements.clear();
  leave(live.pinned);
  Replica& prefill = *site(*live.record.prefill_replica).replica;
  prefill.release(live.prefill);
  live.prefill.sealed = 0;
  live.stage = Stage::prefill;
  prefill.enqueue(live.prefill);
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
  BlockKeyChain{at.key_root, block_size}.extend_keys(live.request.prompt, SegmentId::output_of(live.request.id),
                                                     Tokens{live.decode.computed} - input, live.keys);
  ++counters_.stores;
  site(from).replica->release_blocks(live.decode.state);
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

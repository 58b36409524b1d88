// A prefix that some other replica holds, moved to where the prompt is computed.
#include <algorithm>

#include "models/units/check.h"
#include "sim/cluster/cluster.h"
#include "sim/cluster/prefixes.h"

namespace cleave {

/// Pulls the prompt's prefix from the decode replica of this region that holds more of it than the prefill replica
/// does. Returns whether the request now waits for it.
bool Cluster::fetch_decoded(LiveId id) {
  LiveRequest& live = *live_.find(id);
  const ReplicaId to = *live.record.prefill_replica;
  Replica& prefill = *site(to).replica;
  const Tokens block_size = prefill.engine().block_size;
  const auto keys = Prefixes::reusable(live, block_size);
  const Tokens local = prefill.cached_prefix(keys);
  Tokens best = local;
  ReplicaId holder;
  for (const ReplicaId candidate : reach_[live.request.cls.index()].decode) {
    if (!site(candidate).replica->up() || region_of(candidate) != region_of(to)) continue;
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
  live.stage = Stage::fetching;
  begin_fetch(id, holder, static_cast<std::size_t>(full_blocks(local, block_size)),
              static_cast<std::size_t>(full_blocks(best, block_size)), true);
  return true;
}

/// Asks the holder that the router named for the prefix that it believed to be there. Returns whether the request now
/// waits for it.
bool Cluster::ask_holder(LiveId id) {
  LiveRequest& live = *live_.find(id);
  const PrefixFetch fetch = *live.fetch;
  const ReplicaId to = *live.record.prefill_replica;
  Replica& prefill = *site(to).replica;
  if (prefill.cached_prefix(Prefixes::reusable(live, prefill.engine().block_size)) >= fetch.tokens) return false;
  const auto cached = prefill.reserve(live.prefill, fetch.tokens);
  if (!cached) {
    ++federation_.fetches_without_room;
    return false;
  }
  ++federation_.fetches;
  if (region_of(fetch.holder) != region_of(to)) ++federation_.fetches_across;
  live.loaded_from = static_cast<std::size_t>(full_blocks(*cached, prefill.engine().block_size));
  live.stage = Stage::fetching;
  after(message_delay(to, fetch.holder), Phase::decision, [this, id, attempt = live.attempt] {
    if (still_fetches(id, attempt)) on_holder_asked(id);
  });
  return true;
}

/// Whether a message about a fetch still means the same stay of the request.
bool Cluster::still_fetches(LiveId id, std::uint32_t attempt) {
  const LiveRequest* asking = live_.find(id);
  return asking != nullptr && asking->attempt == attempt && asking->stage == Stage::fetching;
}

/// The question is at the holder: it sends what it has, or that it has no more.
void Cluster::on_holder_asked(LiveId id) {
  LiveRequest& live = *live_.find(id);
  const PrefixFetch fetch = *live.fetch;
  Replica& holder = *site(fetch.holder).replica;
  const Tokens block_size = holder.engine().block_size;
  const auto keys = Prefixes::reusable(live, block_size);
  const auto has = holder.up() ? full_blocks(std::min(fetch.tokens, holder.cached_prefix(keys)), block_size) : 0;
  if (static_cast<std::size_t>(has) > live.loaded_from) {
    return begin_fetch(id, fetch.holder, live.loaded_from, static_cast<std::size_t>(has), false);
  }
  ++federation_.fetches_refused;
  after(message_delay(fetch.holder, *live.record.prefill_replica), Phase::decision, [this, id, attempt = live.attempt] {
    if (still_fetches(id, attempt)) compute_instead(id);
  });
}

/// Moves blocks [from, until) of the prompt. `asks_first`: the holder has not heard of it yet.
void Cluster::begin_fetch(LiveId id, ReplicaId holder, std::size_t from, std::size_t until, bool asks_first) {
  LiveRequest& live = *live_.find(id);
  const ReplicaId to = *live.record.prefill_replica;
  Replica& prefill = *site(to).replica;
  const std::int64_t block = prefill.engine().block_size.value();
  const auto keys = Prefixes::reusable(live, prefill.engine().block_size);
  live.fetched.clear();
  for (std::size_t i = 0; i < until; ++i) {
    live.fetched.push_back((i < from ? prefill : *site(holder).replica).pool().origin_of(keys.first(i + 1)));
  }
  std::vector<BlockId> blocks;
  site(holder).replica->pin(keys.first(until), from, blocks);
  live.pinned = KeptBlocks{park(holder, blocks), std::nullopt};
  const std::int64_t tokens = static_cast<std::int64_t>(until - from) * block;
  const bool with_state = plan(holder).kept_state_blocks > 0;
  const Bytes bytes = kv_bytes(holder, tokens, with_state);
  claim(id, &LiveRequest::pinned, to, bytes);
  const KvPath& path = paths_.between(holder, to);
  KvParcel parcel;
  if (with_state) parcel.state = kv_bytes(holder, 0, true);
  parcel.tokens = static_cast<double>(tokens);
  parcel.blocks = static_cast<std::int64_t>(until - from);
  const std::span<const BlockId> room{live.prefill.blocks};
  parcel.runs =
      runs_of(path, parked_[live.pinned->parked].blocks, room.subspan(std::min(from, room.size())), 0, parcel.blocks);
  parcel.asks_first = asks_first;
  live.loaded_from = from;
  live.movements.push_back(mover_.start(plan_movement(path, parcel, site(holder).place.memory, site(to).place.memory),
                                        [this, id, bytes](MovementEnd end) { on_fetched(id, bytes, end); }));
}

void Cluster::on_fetched(LiveId id, Bytes bytes, MovementEnd end) {
  LiveRequest& live = *live_.find(id);
  if (end == MovementEnd::gave_up) return compute_instead(id);
  Replica& prefill = *site(*live.record.prefill_replica).replica;
  if (!live.pinned) {  // freed while it was read
    if (scenario_.kv_store.guards.validate) return compute_instead(id);
    ++counters_.reads_undetected;
  }
  // Who freed it early was the holder that was asked: nobody else is counted by region.
  const ReplicaId holder = live.pinned  ? parked_[live.pinned->parked].at
                           : live.fetch ? live.fetch->holder
                                        : prefill.id();
  leave(live.pinned);
  live.movements.clear();
  live.record.transferred += bytes;
  const std::int64_t block = prefill.engine().block_size.value();
  const auto blocks = static_cast<std::int64_t>(live.fetched.size());
  const std::int64_t tokens = (blocks - static_cast<std::int64_t>(live.loaded_from)) * block;
  if (live.fetch) federation_.fetched_tokens += tokens;
  if (live.fetch && region_of(holder) != region_of(prefill.id())) federation_.fetched_across_tokens += tokens;
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

}  // namespace cleave

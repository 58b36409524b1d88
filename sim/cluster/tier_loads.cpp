// KV between a prefill (or mixed) replica and the tiers behind it: load or recompute, and write back.
#include <algorithm>

#include "models/units/check.h"
#include "sim/cluster/cluster.h"
#include "sim/cluster/prefixes.h"

namespace cleave {
namespace {

Turn turn_of(const LiveRequest& live) {
  return {live.request.session.value(), false};
}

}  // namespace

/// How many of a plan's pieces are loaded: all of them, or as many as end the prompt earliest when the rest is
/// computed.
std::size_t Cluster::worth_loading(ReplicaId at, const ReusePlan& reuse, std::size_t local, Tokens prompt) const {
  const PoolPlan& pool = plan(at);
  const Tokens block = pool.params->engine.block_size;
  if (scenario_.kv_load.rule == LoadRule::longest_hit) return reuse.pieces.size();
  const auto compute = [&](std::size_t from_block) {
    const Tokens context = static_cast<std::int64_t>(from_block) * block;
    const PrefillChunk rest{prompt - context, context};
    BatchShape shape;
    shape.prefills = {&rest, 1};
    return pool.cost->step(shape);
  };
  std::size_t best = 0;
  Duration earliest = compute(local);
  for (std::size_t n = 1; n <= reuse.pieces.size(); ++n) {
    const Duration end = tiers_->estimate(at, reuse, n) + compute(reuse.pieces[n - 1].until_block);
    if (end >= earliest) continue;
    earliest = end;
    best = n;
  }
  return best;
}

/// Loads what tiers have of the prompt behind what the replica has itself. Returns whether the request waits for it.
bool Cluster::load_from_tiers(LiveId id) {
  if (!tiers_) return false;
  LiveRequest& live = *live_.find(id);
  const ReplicaId to = *live.record.prefill_replica;
  Replica& replica = *site(to).replica;
  const Tokens block = replica.engine().block_size;
  const auto keys = Prefixes::reusable(live, block);
  const auto local = static_cast<std::size_t>(full_blocks(replica.cached_prefix(keys), block));
  ReusePlan reuse = tiers_->plan(to, keys, local);
  if (reuse.empty()) return false;
  const std::size_t pieces = worth_loading(to, reuse, local, live.request.input);
  if (pieces == 0 || static_cast<std::int64_t>(reuse.until_block - local) * block < scenario_.kv_load.min_tokens) {
    ++counters_.tier_hits_computed;
    return false;
  }
  reuse.pieces.resize(pieces);
  reuse.until_block = reuse.pieces.back().until_block;
  const Tokens until = static_cast<std::int64_t>(reuse.until_block) * block;
  if (!replica.reserve(live.prefill, until)) {
    ++counters_.tier_loads_without_room;
    return false;
  }
  ++counters_.tier_loads;
  live.loaded_from = local;
  live.stage = Stage::fetching;
  live.tier_load =
      tiers_->load(to, keys, local, reuse, turn_of(live), [this, id](std::size_t blocks) { on_loaded(id, blocks); });
  if (scenario_.kv_load.stop == LoadStop::timeout) {
    const std::int64_t tokens = (until - static_cast<std::int64_t>(local) * block).value();
    const Duration limit = scenario_.kv_load.timeout_base + scenario_.kv_load.timeout_per_1024_tokens * tokens / 1024;
    live.load_timer = kernel_.at(kernel_.now() + limit, {Phase::decision}, [this, id] { stop_loading(id); });
  }
  return true;
}

void Cluster::stop_loading(LiveId id) {
  LiveRequest* live = live_.find(id);
  if (live == nullptr || !live->tier_load) return;
  ++counters_.tier_loads_stopped;
  tiers_->stop_load(*live->tier_load);
}

void Cluster::cancel_loading(LiveId id) {
  LiveRequest& live = *live_.find(id);
  if (!live.tier_load) return;
  kernel_.cancel(live.load_timer);
  tiers_->cancel_load(*live.tier_load);
  live.tier_load.reset();
}

/// Best effort: once the replica has nobody else to begin with, whoever still loads takes what has arrived.
void Cluster::stop_idle_loads(ReplicaId at) {
  if (!tiers_ || scenario_.kv_load.stop != LoadStop::best_effort) return;
  if (site(at).replica->waiting() > 0) return;
  for (std::uint32_t slot = 0; slot < live_.slots(); ++slot) {
    const LiveId id = live_.id_of(slot);
    const LiveRequest* live = live_.find(id);
    if (live == nullptr || !live->tier_load || live->record.prefill_replica != at) continue;
    return stop_loading(id);
  }
}

void Cluster::on_loaded(LiveId id, std::size_t blocks) {
  LiveRequest& live = *live_.find(id);
  kernel_.cancel(live.load_timer);
  live.tier_load.reset();
  Replica& replica = *site(*live.record.prefill_replica).replica;
  const std::int64_t block = replica.engine().block_size.value();
  const auto loaded = static_cast<std::int64_t>(blocks - live.loaded_from);
  live.stage = Stage::prefill;
  if (blocks == 0) {  // nothing that could be used: it is computed, and what others cache meanwhile is found then
    ++counters_.unusable_loads;
    replica.release(live.prefill);
    live.prefill.sealed = 0;
    return replica.enqueue(live.prefill);
  }
  counters_.unusable_loads += loaded == 0 ? 1 : 0;
  live.record.transferred += kv_bytes(*live.record.prefill_replica, loaded * block, false);
  replica.deliver(live.prefill, Tokens{static_cast<std::int64_t>(blocks) * block});
  if (!live.record.first_scheduled) {  // hits are told once, at the first admission
    live.record.hit_prompt_kv = Tokens{static_cast<std::int64_t>(blocks) * block};
    live.record.hit_decode_kv = Tokens{0};
  }
  replica.enqueue(live.prefill);
}

/// The first `tokens` tokens of a request have KV on `from`: the tiers get what they want of it. `answered`: with them
/// the request is over.
void Cluster::offload(LiveId id, ReplicaId from, std::int64_t tokens, bool answered) {
  if (!tiers_) return;
  LiveRequest& live = *live_.find(id);
  Replica& replica = *site(from).replica;
  const auto full =
      std::min(live.keys.size(), static_cast<std::size_t>(full_blocks(Tokens{tokens}, replica.engine().block_size)));
  // It holds them still, so what could be found can be found.
  const auto findable = std::min(full, static_cast<std::size_t>(live.prefill.sealed));
  const std::span<const BlockKey> keys{live.keys.data(), findable};
  if (keys.empty()) return;
  std::vector<BlockId> blocks;
  replica.pin(keys, 0, blocks);
  const std::uint32_t held = park(from, blocks);
  tiers_->offload(from, keys, {live.request.session.value(), live.request.closes && answered},
                  [this, held] { unpark(held); });
}

/// The client has its last answer, and said that it was. Where prompts and answers share a replica offload() tells.
void Cluster::close_session(LiveId id) {
  const LiveRequest& live = *live_.find(id);
  if (!tiers_ || !live.request.closes || !live.split) return;
  tiers_->close_session(*live.record.prefill_replica, live.keys, live.request.session);
}

std::vector<TierOutcome> Cluster::tier_outcome() const {
  return tiers_ ? tiers_->outcome(kernel_.now()) : std::vector<TierOutcome>{};
}

}  // namespace cleave

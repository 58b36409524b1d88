// KV between a prefill (or mixed) replica and the tiers behind it: load or recompute, and write back.
#include <algorithm>

#include "models/units/check.h"
#include "sim/cluster/cluster.h"
#include "sim/cluster/load_choice.h"
#include "sim/cluster/prefixes.h"
#include "sim/cluster/tier_connector.h"

namespace cleave {
namespace {

Turn turn_of(const LiveRequest& live) {
  return {live.request.session.value()};
}

}  // namespace

/// Time to compute a prompt's tokens [from, until) alone, in as many steps as the engine takes.
Duration Cluster::prompt_time(ReplicaId at, Tokens from, Tokens until) const {
  const PoolPlan& pool = plan(at);
  const Tokens most = pool.params->engine.enable_chunked_prefill ? pool.params->engine.max_num_batched_tokens : until;
  Duration sum{};
  while (from < until) {
    const PrefillChunk chunk{std::min(most, until - from), from};
    BatchShape shape;
    shape.prefills = {&chunk, 1};
    sum += pool.cost->step(shape);
    from += chunk.tokens;
  }
  return sum;
}

Duration Cluster::step_time(ReplicaId at, std::size_t from_block, std::size_t until_block) const {
  if (until_block == from_block) return Duration{0};
  const Tokens block = plan(at).params->engine.block_size;
  const PrefillChunk chunk{static_cast<std::int64_t>(until_block - from_block) * block,
                           static_cast<std::int64_t>(from_block) * block};
  BatchShape shape;
  shape.prefills = {&chunk, 1};
  return plan(at).cost->step(shape);
}

/// What of a plan is loaded, by the scenario's rule: all of it, or as many pieces as end the prompt earliest when the
/// rest is computed; nothing where computing everything ends it earlier, or where the hit is too short.
ReusePlan Cluster::worth_loading(ReplicaId at, ReusePlan reuse, std::size_t local, Tokens prompt) const {
  const KvLoadParams& rule = scenario_.kv_load;
  const Tokens block = plan(at).params->engine.block_size;
  const auto tokens = [&](std::size_t blocks) { return static_cast<std::int64_t>(blocks) * block; };
  if (reuse.empty() || tokens(reuse.until_block - local) < rule.min_tokens) return {};
  if (rule.rule == LoadRule::longest_hit) return reuse;
  if (rule.rule == LoadRule::both) return worth_meeting(at, reuse, local, prompt) ? reuse : ReusePlan{};
  const std::int64_t layers = plan(at).model->layer_count();
  std::size_t best = 0;
  Duration earliest = prompt_time(at, tokens(local), prompt);
  for (std::size_t n = 1; n <= reuse.pieces.size(); ++n) {
    const std::size_t until = reuse.pieces[n - 1].until_block;
    const Duration load = tiers_->estimate(at, reuse, local, until);
    const Duration rest = prompt_time(at, tokens(until), prompt);
    const Duration end =
        rule.start == LoadStart::layerwise ? std::max(load / layers + rest, load + rest / layers) : load + rest;
    if (end >= earliest) continue;
    earliest = end;
    best = n;
  }
  reuse.pieces.resize(best);
  reuse.until_block = best == 0 ? local : reuse.pieces.back().until_block;
  return reuse;
}

/// Whether computing from the front while it is loaded from the back ends the prompt earlier than computing all of it.
bool Cluster::worth_meeting(ReplicaId at, const ReusePlan& reuse, std::size_t local, Tokens prompt) const {
  const EngineParams& engine = plan(at).params->engine;
  const auto tokens = [&](std::size_t blocks) { return static_cast<std::int64_t>(blocks) * engine.block_size; };
  const auto most = static_cast<std::size_t>(full_blocks(engine.max_num_batched_tokens, engine.block_size));
  const Duration met = time_to_meet(
      {local, reuse.until_block, most}, [&](std::size_t from, std::size_t until) { return step_time(at, from, until); },
      [&](std::size_t from) { return tiers_->estimate(at, reuse, from, reuse.until_block); });
  return met + prompt_time(at, tokens(reuse.until_block), prompt) < prompt_time(at, tokens(local), prompt);
}

/// Loads what tiers have of the prompt behind what the replica has itself. Returns whether the request waits for it, or
/// is queued already.
bool Cluster::load_from_tiers(LiveId id) {
  if (!tiers_ || scenario_.kv_load.start != LoadStart::routing) return false;
  LiveRequest& live = *live_.find(id);
  const ReplicaId to = *live.record.prefill_replica;
  Replica& replica = *site(to).replica;
  const Tokens block = replica.engine().block_size;
  const auto keys = Prefixes::reusable(live, block);
  const auto local = static_cast<std::size_t>(full_blocks(replica.cached_prefix(keys), block));
  const ReusePlan all = tiers_->plan(to, keys, local);
  if (all.empty()) return false;
  const ReusePlan reuse = worth_loading(to, all, local, live.request.input);
  if (reuse.empty()) {
    ++counters_.tier_hits_computed;
    return false;
  }
  const Tokens until = static_cast<std::int64_t>(reuse.until_block) * block;
  if (!replica.reserve(live.prefill, until)) {
    ++counters_.tier_loads_without_room;
    return false;
  }
  if (scenario_.kv_load.rule == LoadRule::both) {
    queue_and_load(id, local, reuse);
    return true;
  }
  ++counters_.tier_loads;
  live.loaded_from = local;
  live.stage = Stage::fetching;
  const LoadShape shape{scenario_.kv_load.stop == LoadStop::wait_complete ? LoadOrder::whole : LoadOrder::in_batches,
                        {}};
  live.tier_load = tiers_->load(to, keys, local, reuse, shape, turn_of(live),
                                [this, id](const LoadEnd& end) { on_loaded(id, end.until); });
  if (scenario_.kv_load.stop == LoadStop::timeout) {
    const std::int64_t tokens = (until - static_cast<std::int64_t>(local) * block).value();
    const Duration limit = scenario_.kv_load.timeout_base + scenario_.kv_load.timeout_per_1024_tokens * tokens / 1024;
    live.load_timer = kernel_.at(kernel_.now() + limit, {Phase::decision}, [this, id] { stop_loading(id); });
  }
  return true;
}

/// The load comes from the back while the request queues and is computed from the front.
void Cluster::queue_and_load(LiveId id, std::size_t local, const ReusePlan& reuse) {
  LiveRequest& live = *live_.find(id);
  const ReplicaId at = *live.record.prefill_replica;
  Replica& replica = *site(at).replica;
  const Tokens cached = static_cast<std::int64_t>(local) * replica.engine().block_size;
  const bool first_time = !live.record.first_scheduled.has_value();
  replica.deliver(live.prefill, cached);
  if (first_time) live.record.hit_prompt_kv = cached;
  live.prefill.gap = KvGap{cached.value(), 0, false, first_time};
  connectors_[at.index()]->load_from_back(live.prefill, local, reuse);
  live.stage = Stage::prefill;
  replica.enqueue(live.prefill);
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

/// The first `tokens` tokens of a request have KV on `from`: the tiers get what they want of it.
void Cluster::offload(LiveId id, ReplicaId from, std::int64_t tokens) {
  if (!tiers_) return;
  LiveRequest& live = *live_.find(id);
  Replica& replica = *site(from).replica;
  const auto full =
      std::min(live.keys.size(), static_cast<std::size_t>(full_blocks(Tokens{tokens}, replica.engine().block_size)));
  // It holds them still, so what could be found can be found.
  const auto findable = std::min(full, static_cast<std::size_t>(live.prefill.sealed));
  const std::span<const BlockKey> keys{live.keys.data(), findable};
  if (keys.empty()) return;
  pinned_.clear();
  replica.pin_own(keys, live.prefill, pinned_);
  const std::uint32_t held = park(from, pinned_);
  const auto of_prompt = static_cast<std::size_t>(full_blocks(live.request.input, replica.engine().block_size));
  // Tiers behind the first get the blocks later than they hear of the session's end: the blocks bring the word along.
  const bool closes = live.request.closes && !live.split;
  tiers_->offload(from, keys, {live.request.session.value(), closes, of_prompt}, [this, held] { unpark(held); });
}

/// The client has its last answer, and said that it was.
void Cluster::close_session(LiveId id) {
  const LiveRequest& live = *live_.find(id);
  if (!tiers_ || !live.request.closes) return;
  tiers_->close_session(*live.record.prefill_replica, live.keys, live.request.session);
}

std::vector<TierOutcome> Cluster::tier_outcome() const {
  return tiers_ ? tiers_->outcome(kernel_.now()) : std::vector<TierOutcome>{};
}

}  // namespace cleave

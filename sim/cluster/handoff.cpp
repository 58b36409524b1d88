// From the prefill side to the decode side: space first, then bytes, then the decode queue.
#include <algorithm>
#include <utility>

#include "models/units/check.h"
#include "sim/cluster/cluster.h"
#include "sim/cluster/prefixes.h"

namespace cleave {

bool Cluster::choose_decode(LiveId id) {
  LiveRequest& live = *live_.find(id);
  const auto choices = candidates(live, true);
  if (choices.empty()) return false;
  if (std::exchange(live.decode_chosen, false) &&
      std::find(choices.begin(), choices.end(), *live.record.decode_replica) != choices.end()) {
    return true;
  }
  const Prefixes prefixes{*this, live};
  const RouteDecision decision = decode_route_->route(view_of(live), view(live, choices, prefixes, other_view_));
  SIM_CHECK(std::find(choices.begin(), choices.end(), decision.replica) != choices.end(),
            "a policy chose a replica that was not offered");
  log(id, DecisionStage::decode, decision, choices.size());
  live.record.decode_replica = decision.replica;
  return true;
}

void Cluster::on_prefilled(LiveId id) {
  LiveRequest& live = *live_.find(id);
  live.prefilled = true;
  end_lease(id);
  offload(id, *live.record.prefill_replica, live.prefill.computed);
  stop_idle_loads(*live.record.prefill_replica);
  if (live.reserved) {  // layer by layer: the last chunk may still be under way
    keep_for_decode(id);
    live.stage = Stage::moving;
    // Constant state is whole only now, and goes last.
    const Bytes state = kv_bytes(*live.record.prefill_replica, 0, true);
    if (state > Bytes{0}) move(id, {0, 0, true}, Duration{0});
    if (live.open_movements == 0) deliver(id);
    return;
  }
  if (!keeps(id)) {
    ++counters_.rejected_when_computed;
    give_up_prompt(id);
    return finish(id, Outcome::rejected);
  }
  if (!choose_decode(id)) {
    // Nobody is there to take the KV over; what of it is still cached when somebody is, will be found again.
    live.prefill.lost = live.prefill.computed;
    give_up_prompt(id);
    return try_again_later(id);
  }
  keep_for_decode(id);
  live.stage = Stage::reserving;
  ask_for_space(id);
}

/// Whether admission stands by its word, now that the prompt has been computed and before anybody got a token.
bool Cluster::keeps(LiveId id) {
  if (!scenario_.router.admission.early_rejection) return true;
  const LiveRequest& live = *live_.find(id);
  const auto choices = candidates(live, true);
  if (choices.empty() || live.record.generated > Tokens{0}) return true;
  const Prefixes prefixes{*this, live};
  return admission_->keep(view_of(live), view(live, choices, prefixes, other_view_));
}

/// The prompt's KV is gone and will be computed again: what streamed of it is void, and the space it had is worth more
/// to others. It is handed over whole when it is done.
void Cluster::on_preempted(LiveId id) {
  LiveRequest& live = *live_.find(id);
  if (!live.reserved) return;
  ++counters_.handoffs_preempted;
  for (const MovementId movement : live.movements) mover_.cancel(movement);
  live.movements.clear();
  live.unsent.clear();
  live.open_movements = 0;
  ++live.attempt;  // chunks that were to leave are recognised
  live.reserved = false;
  live.decode_has = live.streamed = 0;
  site(*live.record.decode_replica).replica->release(live.decode);
}

/// Sends the decode side a notice of the hand-off; a lost one is sent again after a time-out.
void Cluster::ask_for_space(LiveId id) {
  LiveRequest& live = *live_.find(id);
  Site& to = site(*live.record.decode_replica);
  const bool lost = to.lose_messages > 0;
  if (lost) {
    --to.lose_messages;
    ++counters_.messages_lost;
  }
  const std::uint32_t asked = ++live.asked;
  const Duration delay = message_delay(*live.record.prefill_replica, *live.record.decode_replica);
  after(lost ? scenario_.transfer.retry_timeout : delay, Phase::decision, [this, id, asked, lost] {
    const LiveRequest* asking = live_.find(id);
    if (asking == nullptr || asking->stage != Stage::reserving || asking->asked != asked) return;
    if (lost)
      ask_for_space(id);
    else
      on_space_asked(id);
  });
}

void Cluster::on_space_asked(LiveId id) {
  LiveRequest& live = *live_.find(id);
  const ReplicaId decode = *live.record.decode_replica;
  Site& to = site(decode);
  if (!to.replica->up()) return;  // its crash has sent the request elsewhere already
  ++counters_.handoffs;
  live.reserving_since = kernel_.now();
  to.reserving.push_back(id);
  to.reserving_meter.enter(kernel_.now());
  grant_space(decode);
  if (LiveRequest* still = live_.find(id); still != nullptr && still->stage == Stage::reserving && !still->reserved) {
    ++counters_.handoffs_waited;
  }
}

/// Reserves KV space for those who wait for it, in order, for as long as there is some. While none is left, prefill
/// replicas keep their blocks, run out of them in turn and stop admitting: that is the back-pressure.
void Cluster::grant_space(ReplicaId decode) {
  Site& to = site(decode);
  while (!to.reserving.empty() && to.replica->up() && !to.replica->has_starved()) {
    const LiveId id = to.reserving.front();
    LiveRequest& live = *live_.find(id);
    Sequence& sequence = live.decode;
    reset(sequence);
    sequence.request = &live.request;
    sequence.record = &live.record;
    sequence.keys = decode_keys(live);
    sequence.owner = id.slot;
    sequence.priority = class_priority_[live.request.cls.index()];
    sequence.adapter = live.request.adapter;
    sequence.salt = adapter_salt(live.request.adapter);
    sequence.generated = live.prefilled ? live.prefill.generated : live.record.generated.value();
    sequence.known = live.request.input.value() + sequence.generated;
    sequence.cache_output = decode_kv(true) == DecodeKv::pull;
    const std::int64_t moved = live.prefilled ? live.prefill.computed : live.prefill.known;
    const std::optional<Tokens> cached = to.replica->reserve(sequence, Tokens{moved});
    if (!cached) return;
    live.decode_has = cached->value();
    live.reserved = true;
    to.reserving.pop_front();
    to.reserving_meter.leave(live.reserving_since, kernel_.now());
    on_space_granted(id);
  }
}

/// What the decode side calls the request's blocks. Pools of another format or block size share no names with the
/// prefill side.
std::vector<BlockKey>* Cluster::decode_keys(LiveRequest& live) {
  const PoolId from = site(*live.record.prefill_replica).pool;
  const PoolId to = site(*live.record.decode_replica).pool;
  if (paths_.same_names(from, to)) return &live.keys;
  const PoolPlan& at = pools_[to.index()];
  BlockKeyChain{at.key_root ^ adapter_salt(live.request.adapter), at.params->engine.block_size}.prompt_keys(
      live.request.prompt, live.decode_keys);
  return &live.decode_keys;
}

void Cluster::on_space_granted(LiveId id) {
  LiveRequest& live = *live_.find(id);
  live.moved = false;
  live.streamed = live.decode_has;
  if (live.prefilled) {
    if (!live.kept) return lost_before_read(id);
    parked_[live.kept->parked].waits = false;
    live.stage = Stage::moving;
    return send_prefix(id, live.prefill.computed);
  }
  // Layer by layer: prefill may start now that its layers have somewhere to go.
  const Duration delay = message_delay(*live.record.decode_replica, *live.record.prefill_replica);
  after(delay, Phase::decision, [this, id, attempt = live.attempt] {
    const LiveRequest* ready = live_.find(id);
    if (ready != nullptr && ready->attempt == attempt && ready->stage == Stage::reserving) enqueue_prefill(id);
  });
}

/// Sends what exists already, up to the first `tokens` tokens.
void Cluster::send_prefix(LiveId id, std::int64_t tokens) {
  LiveRequest& live = *live_.find(id);
  const std::int64_t begin = std::min(tokens, live.streamed);
  live.streamed = std::max(live.streamed, tokens);
  move(id, {begin, tokens, true}, Duration{0});
}

void Cluster::on_chunk(LiveId id, const PrefillChunk& chunk, Duration step) {
  LiveRequest& live = *live_.find(id);
  if (!live.reserved) return;  // after_prefill: nothing moves before the end
  const std::int64_t context = chunk.context.value();
  const std::int64_t end = context + chunk.tokens.value();
  if (live.streamed < context) {
    const std::int64_t sent = live.streamed;
    live.streamed = context;
    move(id, {sent, context, false}, Duration{0});
  }
  if (end <= live.streamed) return;  // computed again after a pre-emption: it has been sent
  const std::int64_t begin = live.streamed;
  live.streamed = end;
  send_chunk(id, {begin, end, false}, step);
}

/// Layer by layer: the chunk's first layer is ready after one layer's share of the step; from then on layers leave no
/// faster than they are computed, and the last one goes alone after the step. Chunk by chunk: all of it after the step.
void Cluster::send_chunk(LiveId id, Part part, Duration step) {
  LiveRequest& live = *live_.find(id);
  ++live.open_movements;
  const bool by_layer = scenario_.transfer.mode == HandoffMode::layerwise;
  const Duration layer = step / plan(*live.record.prefill_replica).model->layer_count();
  const Duration ready = by_layer ? layer : step;
  live.unsent.push_back({part.begin, part.end, step});
  after(ready, Phase::transfer, [this, id, attempt = live.attempt, layer] {
    LiveRequest* sending = live_.find(id);
    if (sending == nullptr || sending->attempt != attempt || sending->stage == Stage::routing) return;
    --sending->open_movements;
    const UnsentChunk chunk = sending->unsent.front();
    sending->unsent.pop_front();
    const bool produces = scenario_.transfer.mode == HandoffMode::layerwise;
    move(id, {chunk.begin, chunk.end, false}, produces ? chunk.step - layer : Duration{0});
  });
}

/// Contiguous stretches among `blocks` blocks from index `first` on; no more is looked at than the batching can use.
std::int64_t Cluster::runs_of(const KvPath& path, std::span<const BlockId> from, std::span<const BlockId> to,
                              std::size_t first, std::int64_t blocks) const {
  if (path.batching != Batching::coalesced || blocks <= 0) return blocks;
  const auto part = [&](std::span<const BlockId> all) {
    const std::size_t begin = std::min(first, all.size());
    return all.subspan(begin, std::min(static_cast<std::size_t>(blocks), all.size() - begin));
  };
  return std::max<std::int64_t>(1, contiguous_runs(part(from), part(to)));
}

/// `produced_in`: the part's last layer is computed only then. Until then all but that layer is sent, evenly from the
/// end of the set-up on: layers that were computed meanwhile leave faster than they are made, none before it is.
void Cluster::move(LiveId id, Part part, Duration produced_in) {
  LiveRequest& live = *live_.find(id);
  const ReplicaId from = *live.record.prefill_replica;
  const ReplicaId to = *live.record.decode_replica;
  const KvPath& path = paths_.between(from, to);
  const Tokens block = plan(from).params->engine.block_size;
  const std::int64_t first = part.begin / block.value();
  KvParcel parcel;
  parcel.tokens = static_cast<double>(part.end - part.begin);
  if (part.state) parcel.state = kv_bytes(from, 0, true);
  parcel.blocks = part.end > part.begin ? blocks_needed(Tokens{part.end}, block) - first : 0;
  const std::vector<BlockId>& source = live.kept ? parked_[live.kept->parked].blocks : live.prefill.blocks;
  parcel.runs = runs_of(path, source, live.decode.blocks, static_cast<std::size_t>(first), parcel.blocks);
  parcel.first = !live.moved;
  parcel.asks_first = !live.moved && live.prefilled;
  live.moved = true;
  Movement planned = plan_movement(path, parcel, site(from).place.memory, site(to).place.memory);
  const Duration sending = produced_in - planned.setup;
  if (sending > Duration{0}) {
    const auto layers = static_cast<double>(plan(from).model->layer_count());
    const double sent = static_cast<double>(planned.bytes.value()) * (layers - 1) / layers;
    planned.rate_cap = BytesPerSecond{std::max(1.0, sent) / to_seconds(sending)};
  }
  const Bytes bytes = kv_bytes(from, part.end - part.begin, part.state);
  ++live.open_movements;
  const MovementId movement = mover_.start(planned, [this, id, bytes](MovementEnd end) { on_moved(id, bytes, end); });
  live.movements.push_back(movement);
  if (planned.rate_cap)
    after(produced_in, Phase::transfer, [this, movement] { mover_.set_rate_cap(movement, std::nullopt); });
}

void Cluster::on_moved(LiveId id, Bytes bytes, MovementEnd end) {
  LiveRequest* live = live_.find(id);
  SIM_CHECK(live != nullptr, "a movement outlived its request");
  if (end == MovementEnd::gave_up) {
    lose(id);
    return retry(id);
  }
  live->record.transferred += bytes;
  --live->open_movements;
  if (live->prefilled && live->open_movements == 0) deliver(id);
}

void Cluster::deliver(LiveId id) {
  LiveRequest& live = *live_.find(id);
  if (!live.kept) {
    if (scenario_.kv_store.guards.validate) return lost_before_read(id);
    ++counters_.reads_undetected;
  }
  live.record.kv_ready = kernel_.now();
  live.movements.clear();
  live.stage = Stage::decode;
  Replica& to = *site(*live.record.decode_replica).replica;
  live.decode.generated = live.prefill.generated;
  live.decode.known = live.prefill.known;
  to.deliver(live.decode, Tokens{live.prefill.computed});
  to.enqueue(live.decode);
  leave(live.kept);
}

/// Nobody takes a prompt's KV over: its replica hears so a message later.
void Cluster::give_up_prompt(LiveId id) {
  LiveRequest& live = *live_.find(id);
  if (live.prefill.blocks.empty()) return;
  std::vector<BlockId>& blocks = live.prefill.blocks;
  for (std::vector<BlockId>* more : {&live.prefill.state, &live.prefill.kept}) {
    blocks.insert(blocks.end(), more->begin(), more->end());
    more->clear();
  }
  live.prefill.held = 0;
  const std::uint32_t held = park(*live.record.prefill_replica, blocks);
  after(scenario_.transfer.message_latency, Phase::decision, [this, held] { unpark(held); });
}

}  // namespace cleave

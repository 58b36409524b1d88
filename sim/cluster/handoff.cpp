// From the prefill side to the decode side: space first, then bytes, then the decode queue.
#include <algorithm>

#include "models/units/check.h"
#include "sim/cluster/cluster.h"
#include "sim/cluster/prefixes.h"

namespace cleave {

bool Cluster::choose_decode(LiveId id) {
  LiveRequest& live = *live_.find(id);
  const auto choices = candidates(live, true);
  if (choices.empty()) return false;
  const Prefixes prefixes{*this, live};
  const RouteDecision decision = decode_route_->route(view_of(live.request), view(choices, prefixes));
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
    live.stage = Stage::moving;
    // Constant state is whole only now, and goes last.
    const Bytes state = kv_bytes(*live.record.prefill_replica, 0, true);
    if (state > Bytes{0}) move(id, state, Duration{0}, std::nullopt, Duration{0});
    if (live.open_movements == 0) deliver(id);
    return;
  }
  if (!choose_decode(id)) {
    // Nobody is there to take the KV over; what of it is still cached when somebody is, will be found again.
    live.prefill.lost = live.prefill.computed;
    release_prefill_side(id);
    return try_again_later(id);
  }
  live.stage = Stage::reserving;
  ask_for_space(id);
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
  after(lost ? scenario_.transfer.retry_timeout : scenario_.transfer.message_latency, Phase::decision,
        [this, id, asked, lost] {
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
    sequence.keys = &live.keys;
    sequence.owner = id.slot;
    sequence.priority = class_priority_[live.request.cls.index()];
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

void Cluster::on_space_granted(LiveId id) {
  LiveRequest& live = *live_.find(id);
  live.streamed = live.decode_has;
  if (live.prefilled) {
    live.stage = Stage::moving;
    return send_prefix(id, live.prefill.computed);
  }
  // Layer by layer: prefill may start now that its layers have somewhere to go.
  after(scenario_.transfer.message_latency, Phase::decision, [this, id, attempt = live.attempt] {
    const LiveRequest* ready = live_.find(id);
    if (ready != nullptr && ready->attempt == attempt && ready->stage == Stage::reserving) enqueue_prefill(id);
  });
}

/// Sends what exists already, up to the first `tokens` tokens.
void Cluster::send_prefix(LiveId id, std::int64_t tokens) {
  LiveRequest& live = *live_.find(id);
  const std::int64_t missing = std::max<std::int64_t>(0, tokens - live.streamed);
  live.streamed = std::max(live.streamed, tokens);
  move(id, kv_bytes(*live.record.prefill_replica, missing, true), scenario_.transfer.setup, std::nullopt, Duration{0});
}

void Cluster::on_chunk(LiveId id, const PrefillChunk& chunk, Duration step) {
  LiveRequest& live = *live_.find(id);
  if (!live.reserved) return;  // after_prefill: nothing moves before the end
  const std::int64_t context = chunk.context.value();
  const std::int64_t end = context + chunk.tokens.value();
  if (live.streamed < context) {
    const std::int64_t cached = context - live.streamed;
    live.streamed = context;
    move(id, kv_bytes(*live.record.prefill_replica, cached, false), scenario_.transfer.setup, std::nullopt,
         Duration{0});
  }
  if (end <= live.streamed) return;  // computed again after a pre-emption: it has been sent
  const std::int64_t fresh = end - live.streamed;
  live.streamed = end;
  send_chunk(id, fresh, step);
}

/// The chunk's first layer is ready after one layer's share of the step; from then on layers leave no faster than they
/// are computed, and the last one goes alone after the step.
void Cluster::send_chunk(LiveId id, std::int64_t tokens, Duration step) {
  LiveRequest& live = *live_.find(id);
  ++live.open_movements;
  const PoolPlan& from = plan(*live.record.prefill_replica);
  const Duration first_layer = step / from.model->layer_count();
  const auto count = static_cast<std::int32_t>(tokens);
  after(first_layer, Phase::transfer, [this, id, count, attempt = live.attempt, step] {
    LiveRequest* sending = live_.find(id);
    if (sending == nullptr || sending->attempt != attempt || sending->stage == Stage::routing) return;
    --sending->open_movements;
    const ReplicaId source = *sending->record.prefill_replica;
    const Bytes bytes = kv_bytes(source, count, false);
    const BytesPerSecond cap{static_cast<double>(bytes.value()) / to_seconds(step)};
    move(id, bytes, Duration{0}, cap, step - step / plan(source).model->layer_count());
  });
}

void Cluster::move(LiveId id, Bytes bytes, Duration setup, std::optional<BytesPerSecond> cap, Duration uncap_after) {
  LiveRequest& live = *live_.find(id);
  const PlaceId from = site(*live.record.prefill_replica).place.memory;
  const PlaceId to = site(*live.record.decode_replica).place.memory;
  ++live.open_movements;
  const MovementId movement =
      mover_.start({from, to, bytes, setup, cap}, [this, id, bytes](MovementEnd end) { on_moved(id, bytes, end); });
  live.movements.push_back(movement);
  if (cap) after(uncap_after, Phase::transfer, [this, movement] { mover_.set_rate_cap(movement, std::nullopt); });
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
  live.record.kv_ready = kernel_.now();
  live.movements.clear();
  live.stage = Stage::decode;
  Replica& to = *site(*live.record.decode_replica).replica;
  live.decode.generated = live.prefill.generated;
  live.decode.known = live.prefill.known;
  to.deliver(live.decode, Tokens{live.prefill.computed});
  to.enqueue(live.decode);
  release_prefill_side(id);
}

/// The decode side tells the prefill side that it has read everything: a message later the blocks are free.
void Cluster::release_prefill_side(LiveId id) {
  LiveRequest& live = *live_.find(id);
  if (live.prefill.blocks.empty()) return;
  std::vector<BlockId>& blocks = live.prefill.blocks;
  blocks.insert(blocks.end(), live.prefill.state.begin(), live.prefill.state.end());
  live.prefill.state.clear();
  const std::uint32_t held = park(*live.record.prefill_replica, blocks);
  after(scenario_.transfer.message_latency, Phase::decision, [this, held] { unpark(held); });
}

}  // namespace cleave

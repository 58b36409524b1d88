// From a client to a prefill (or mixed) replica's queue.
#include <algorithm>

#include "models/units/check.h"
#include "sim/cluster/cluster.h"
#include "sim/cluster/prefixes.h"

namespace cleave {

void Cluster::arm_arrival() {
  const std::optional<TimePoint> next = workload_.next_arrival();
  if (next == armed_for_) return;
  kernel_.cancel(arrival_);
  armed_for_ = next;
  if (next) arrival_ = kernel_.at(*next, {Phase::arrival}, [this] { on_arrival(); });
}

void Cluster::on_arrival() {
  armed_for_.reset();
  ++offered_;
  LiveId id;
  LiveRequest& live = live_.open(id);
  workload_.emit(live.request);
  const Request& request = live.request;
  RequestRecord& record = live.record;
  record.id = request.id;
  record.cls = request.cls;
  record.session = request.session;
  record.turn = request.turn;
  record.arrival = request.arrival;
  record.input = request.input;
  record.output = request.output;
  live.patience = EventId{};
  if (request.patience) {
    live.patience = kernel_.at(kernel_.now() + *request.patience, {Phase::decision}, [this, id] { give_up(id); });
  }
  admit(id);
  arm_arrival();
}

void Cluster::admit(LiveId id) {
  LiveRequest& live = *live_.find(id);
  const Request& request = live.request;
  const Reach& reach = reach_[request.cls.index()];
  const Tokens whole = request.input + request.output;
  const bool fits_split = request.input + Tokens{1} <= reach.prefill_limit && whole <= reach.decode_limit;
  if (!fits_split && whole > reach.mixed_limit) {
    ++counters_.rejected_too_long;
    log(id, DecisionStage::admission, {ReplicaId{}, "context fits no replica", {}}, 0);
    return finish(id, Outcome::rejected);
  }
  if (caches_) {
    const PoolPlan& any = plan(reach.prefill.front());
    BlockKeyChain{key_root(any) ^ adapter_salt(request.adapter), any.params->engine.block_size}.prompt_keys(
        request.prompt, live.keys);
  }
  if (const auto serving = candidates(live, false); !serving.empty()) {
    const Prefixes prefixes{*this, live};
    const AdmissionDecision decision = admission_->admit(view_of(request), view(serving, prefixes));
    if (!decision.admit) {
      ++counters_.rejected_by_admission;
      log(id, DecisionStage::admission, {ReplicaId{}, decision.reason, {}}, 0);
      return finish(id, Outcome::rejected);
    }
  }
  route(id);
}

void Cluster::route(LiveId id) {
  LiveRequest& live = *live_.find(id);
  const auto choices = candidates(live, false);
  if (choices.empty()) return try_again_later(id);
  const Prefixes prefixes{*this, live};
  const RouteDecision decision = prefill_route_->route(view_of(live.request), view(choices, prefixes));
  SIM_CHECK(std::find(choices.begin(), choices.end(), decision.replica) != choices.end(),
            "a policy chose a replica that was not offered");
  log(id, DecisionStage::prefill, decision, choices.size());
  live.record.prefill_replica = decision.replica;
  live.record.decode_replica.reset();
  live.split = site(decision.replica).replica->role() == ReplicaRole::prefill;
  tell_index(id, choices);
  start_prefill(id);
}

/// Readies the prefill side's sequence: what is known of the request by now, after a fault its generated tokens too.
void Cluster::start_prefill(LiveId id) {
  LiveRequest& live = *live_.find(id);
  Sequence& sequence = live.prefill;
  const std::int64_t lost = sequence.lost;
  reset(sequence);
  sequence.request = &live.request;
  sequence.record = &live.record;
  sequence.keys = &live.keys;
  sequence.owner = id.slot;
  sequence.priority = class_priority_[live.request.cls.index()];
  sequence.adapter = live.request.adapter;
  sequence.salt = adapter_salt(live.request.adapter);
  sequence.generated = live.record.generated.value();
  sequence.known = live.request.input.value() + sequence.generated;
  sequence.lost = lost;
  sequence.prefill_only = live.split;
  sequence.cache_output = !live.split && decode_kv(false) != DecodeKv::drop;
  sequence.emits_at_prefill =
      plan(*live.record.prefill_replica).params->engine.first_token_side == FirstTokenSide::prefill;
  ++live.attempt;
  live.open_movements = 0;
  live.movements.clear();
  live.unsent.clear();
  live.moved = false;
  live.prefilled = live.reserved = false;
  live.decode_has = live.streamed = 0;
  if (!live.record.first_scheduled) live.record.hit_prompt_kv = live.record.hit_decode_kv = Tokens{0};
  if (live.split && scenario_.transfer.mode != HandoffMode::after_prefill) {
    // Layers leave as they are computed, so their destination must be known and must have room first.
    if (!choose_decode(id)) return try_again_later(id);
    live.stage = Stage::reserving;
    return ask_for_space(id);
  }
  enqueue_prefill(id);
}

void Cluster::enqueue_prefill(LiveId id) {
  LiveRequest& live = *live_.find(id);
  if (live.split && decode_kv(true) == DecodeKv::pull && fetch(id)) return;
  if (load_from_tiers(id)) return;
  live.stage = Stage::prefill;
  site(*live.record.prefill_replica).replica->enqueue(live.prefill);
}

/// No replica is up that could take the request.
void Cluster::try_again_later(LiveId id) {
  route_after(id, scenario_.transfer.retry_timeout);
}

/// A fault took what the request had on some replica: it starts again, at once but for a message.
void Cluster::retry(LiveId id) {
  route_after(id, scenario_.transfer.message_latency);
}

void Cluster::route_after(LiveId id, Duration delay) {
  LiveRequest& live = *live_.find(id);
  live.stage = Stage::routing;
  if (live.record.retries >= scenario_.transfer.max_retries) return finish(id, Outcome::failed);
  ++live.record.retries;
  ++counters_.requests_retried;
  after(delay, Phase::decision, [this, id] {
    if (live_.find(id) != nullptr) route(id);
  });
}

/// No token has come, and the client's patience is at an end.
void Cluster::give_up(LiveId id) {
  LiveRequest* live = live_.find(id);
  if (live == nullptr) return;
  // Steps that are applied lazily may have told of a token already.
  for (const auto& at : {live->record.prefill_replica, live->record.decode_replica}) {
    if (at) site(*at).replica->sync();
  }
  if (live->record.first_token) return;
  ++counters_.clients_gave_up;
  lose(id);
  finish(id, Outcome::cancelled);
}

void Cluster::finish(LiveId id, Outcome outcome) {
  LiveRequest& live = *live_.find(id);
  kernel_.cancel(live.patience);
  end_lease(id);
  live.record.outcome = outcome;
  last_end_ = kernel_.now();
  recorder_.finished(live.record);
  const Completion completion{live.request.id, live.request.session, live.request.turn, outcome, kernel_.now()};
  live_.close(id);
  workload_.finished(completion);
  // Inside an arrival the next one is armed by the arrival itself.
  arm_arrival();
}

}  // namespace cleave

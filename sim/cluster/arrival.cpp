// From a client to a prefill (or mixed) replica's queue.
#include <algorithm>
#include <utility>

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
  live.home = class_region_[request.cls.index()];
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
  const Admission asked = ask_admission(id);
  if (asked == Admission::granted) return look_up(id);
  if (asked == Admission::refused) return;
  ++counters_.held_back;
  held_.push_back(id);
}

/// Asks whether the request goes on now. One that is refused ends here.
Cluster::Admission Cluster::ask_admission(LiveId id) {
  LiveRequest& live = *live_.find(id);
  const auto choices = candidates(live, false);
  if (choices.empty()) return Admission::granted;  // it goes on to wait until somebody is up
  const Prefixes prefixes{*this, live};
  ServingView serving{view(live, choices, prefixes, view_), std::nullopt};
  if (scenario_.router.admission.early_rejection) {  // the only policy that looks at both sides
    if (const auto decode = candidates(live, true); !decode.empty()) {
      serving.decode.emplace(view(live, decode, prefixes, other_view_));
    }
  }
  const AdmissionDecision decision = admission_->admit(view_of(live), serving);
  if (decision.admit) return Admission::granted;
  log(id, DecisionStage::admission, {ReplicaId{}, decision.reason, {}}, 0);
  if (decision.hold) return Admission::held;
  ++counters_.rejected_by_admission;
  finish(id, Outcome::rejected);
  return Admission::refused;
}

/// Something has changed that held requests may wait for: they are asked about once, after all else of this instant.
void Cluster::ask_again_soon() {
  if (held_.empty() || std::exchange(asks_again_, true)) return;
  after(Duration{0}, Phase::decision, [this] {
    asks_again_ = false;
    ask_again();
  });
}

void Cluster::ask_again() {
  const auto comes_before = [this](LiveId a, LiveId b) {  // strictly: equals keep the order of arrival
    const auto weight = [this](LiveId id) {
      const Request& request = live_.at(id.slot).request;
      const double urgency = std::max(0, -class_priority_[request.cls.index()]);
      return (1.0 + urgency) / static_cast<double>(request.input.value());
    };
    return weight(a) > weight(b);
  };
  while (!held_.empty()) {
    auto next = held_.begin();
    switch (scenario_.router.admission.hold_order) {
      case HoldOrder::fcfs:
        break;
      case HoldOrder::lcfs:
        next = held_.end() - 1;
        break;
      case HoldOrder::wspt:
        next = std::min_element(held_.begin(), held_.end(), comes_before);
        break;
    }
    const LiveId id = *next;
    const Admission asked = ask_admission(id);
    if (asked == Admission::held) return;
    held_.erase(next);
    if (asked == Admission::granted) look_up(id);
  }
}

void Cluster::route(LiveId id) {
  LiveRequest& live = *live_.find(id);
  auto choices = candidates(live, false);
  if (choices.empty()) return try_again_later(id);
  live.stage = Stage::routing;
  live.copies_prefix = live.decode_chosen = false;
  const Prefixes prefixes{*this, live};
  if (disaggregation_) {
    everyone_.assign(choices.begin(), choices.end());
    choices = choose_side(id, prefixes);
  }
  RouteDecision decision = prefill_route_->route(view_of(live), view(live, choices, prefixes, view_));
  SIM_CHECK(std::find(choices.begin(), choices.end(), decision.replica) != choices.end(),
            "a policy chose a replica that was not offered");
  log(id, DecisionStage::prefill, decision, choices.size());
  if (live.copies_prefix && !decision.fetch) {
    decision.fetch = longest_elsewhere(decision.replica, view(live, everyone_, prefixes, other_view_));
  }
  live.fetch = decision.fetch;
  live.record.prefill_replica = decision.replica;
  live.split = site(decision.replica).replica->role() == ReplicaRole::prefill;
  if (!live.split || !live.decode_chosen) {
    live.decode_chosen = false;
    live.record.decode_replica.reset();
  }
  ++(region_of(decision.replica) == live.home ? federation_.routed_home : federation_.routed_away);
  tell_index(id, disaggregation_ ? std::span<const ReplicaId>{everyone_} : choices);
  depart(id);
}

/// The request goes to the replica's region, which takes its time.
void Cluster::depart(LiveId id) {
  LiveRequest& live = *live_.find(id);
  const Duration way = regions_.one_way(live.home, region_of(*live.record.prefill_replica));
  if (way == Duration{0}) return start_prefill(id);
  after(way, Phase::arrival, [this, id] {
    const LiveRequest* there = live_.find(id);
    if (there == nullptr) return;
    if (site(*there->record.prefill_replica).replica->up())
      start_prefill(id);
    else
      retry(id);
  });
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
    live.stage = Stage::reserving;
    if (!choose_decode(id)) return try_again_later(id);
    return ask_for_space(id);
  }
  enqueue_prefill(id);
}

void Cluster::enqueue_prefill(LiveId id) {
  LiveRequest& live = *live_.find(id);
  if (live.fetch && ask_holder(id)) return;
  if (live.split && decode_kv(true) == DecodeKv::pull && fetch_decoded(id)) return;
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
  std::erase_if(held_, [id](const LiveId& held) { return held.slot == id.slot; });
  lose(id);
  finish(id, Outcome::cancelled);
}

/// The answer has all its tokens: the client has them when they have come the way from where they were made.
void Cluster::answer(LiveId id, ReplicaId from, Outcome outcome) {
  LiveRequest& live = *live_.find(id);
  const Duration way = regions_.one_way(region_of(from), live.home);
  if (way == Duration{0}) return finish(id, outcome);
  live.stage = Stage::answering;
  after(way, Phase::decision, [this, id, way, outcome] {
    RequestRecord& record = live_.find(id)->record;
    *record.first_token += way;
    *record.last_token += way;
    finish(id, outcome);
  });
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

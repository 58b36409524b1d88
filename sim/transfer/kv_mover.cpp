#include "sim/transfer/kv_mover.h"

#include <algorithm>
#include <utility>

#include "models/units/check.h"

namespace cleave {
namespace {

std::optional<BytesPerSecond> narrower(std::optional<BytesPerSecond> a, std::optional<BytesPerSecond> b) {
  if (!a) return b;
  return b ? std::min(*a, *b) : a;
}

}  // namespace

MovementId KvMover::start(const Movement& movement, MovementFn done) {
  const std::uint32_t index = slots_.take();
  Slot& slot = slots_[index];
  const std::uint32_t generation = slot.generation;
  slot = Slot{};
  slot.generation = generation;
  slot.movement = movement;
  slot.done = std::move(done);
  slot.live = true;
  ++counters_.started;
  const MovementId id{index, generation};
  if (movement.arrivals != nullptr) watched_.push_back(id);
  if (take_buffer(id)) begin_leg(id);
  return id;
}

KvMover::Slot* KvMover::find(MovementId id) {
  if (!id.valid() || slots_[id.slot()].generation != id.generation() || !slots_[id.slot()].live) return nullptr;
  return &slots_[id.slot()];
}

/// Whether the movement may begin; otherwise it stands in line.
bool KvMover::take_buffer(MovementId id) {
  if (!params_.staging_limit) return true;
  Slot& slot = slots_[id.slot()];
  const Bytes needed = std::min(slot.movement.bytes, *params_.staging_limit);
  Buffer& buffer = buffers_[slot.movement.to];
  if (!buffer.waiting.empty() || buffer.used + needed > *params_.staging_limit) {
    ++counters_.waited_for_buffer;
    buffer.waiting.push_back(id);
    return false;
  }
  buffer.used += needed;
  slot.buffered = needed;
  return true;
}

/// Returns what a movement held, and lets those in line begin, in order.
void KvMover::give_buffer(Slot& slot) {
  if (!params_.staging_limit) return;
  Buffer& buffer = buffers_[slot.movement.to];
  buffer.used -= slot.buffered;
  slot.buffered = Bytes{0};
  while (!buffer.waiting.empty()) {
    const MovementId next = buffer.waiting.front();
    Slot* waiting = find(next);
    if (waiting != nullptr) {
      const Bytes needed = std::min(waiting->movement.bytes, *params_.staging_limit);
      if (buffer.used + needed > *params_.staging_limit) return;
      buffer.used += needed;
      waiting->buffered = needed;
    }
    buffer.waiting.pop_front();
    if (waiting != nullptr) begin_leg(next);
  }
}

void KvMover::begin_leg(MovementId id) {
  Slot& slot = slots_[id.slot()];
  const Movement& m = slot.movement;
  const PlaceId from = slot.second_leg ? m.via->place : m.from;
  const PlaceId to = m.via && !slot.second_leg ? m.via->place : m.to;
  Duration setup = slot.second_leg ? m.via->setup : m.setup;
  if (m.connect > Duration{0} && connected_.insert({from, to}).second) {
    ++counters_.connections;
    setup += m.connect;
  }
  if (setup > Duration{0}) {
    slot.event = kernel_.at(kernel_.now() + setup, {Phase::transfer}, [this, id] { send(id); });
  } else {
    send(id);
  }
}

void KvMover::send(MovementId id) {
  Slot* slot = find(id);
  if (slot == nullptr) return;
  slot->event = EventId{};
  slot->before = Bytes{0};
  ++slot->tries;
  if (ArrivalCurve* arrivals = slot->movement.arrivals) arrivals->begin(kernel_.now() + slot->movement.latency);
  if (params_.timeout) {
    slot->timer = kernel_.at(kernel_.now() + *params_.timeout, {Phase::transfer}, [this, id] { on_timeout(id); });
  }
  start_flow(id);
}

void KvMover::start_flow(MovementId id) {
  const Slot& slot = slots_[id.slot()];
  const Movement& m = slot.movement;
  FlowSpec flow{m.from, m.via ? m.via->place : m.to, m.bytes - slot.before, narrower(m.rate_cap, m.protocol_cap)};
  if (slot.second_leg) flow = {m.via->place, m.to, m.bytes, m.via->protocol_cap};
  note_arrivals();
  slots_[id.slot()].flow_bytes = flow.bytes;
  if (observer_ != nullptr) observer_->on_flow_begins(flow.from, flow.to, flow.bytes);
  const FlowId started = kernel_.transfer(flow, [this, id](FlowEnd how) { on_flow_end(id, how); });
  slots_[id.slot()].flow = started;
}

/// The flow under way, if there is one, carries nothing from now on. `delivered`: bytes of it that were of use.
void KvMover::flow_is_over(Slot& slot, Bytes delivered) {
  const auto bytes = std::exchange(slot.flow_bytes, std::nullopt);
  slot.flow = FlowId{};
  if (!bytes || observer_ == nullptr) return;
  const Movement& m = slot.movement;
  const PlaceId from = slot.second_leg ? m.via->place : m.from;
  const PlaceId to = m.via && !slot.second_leg ? m.via->place : m.to;
  observer_->on_flow_ends(from, to, *bytes, delivered);
}

void KvMover::on_flow_end(MovementId id, FlowEnd how) {
  Slot* slot = find(id);
  SIM_CHECK(slot != nullptr, "a flow ended whose movement is gone");
  note_arrivals();
  flow_is_over(*slot, how == FlowEnd::done ? slot->flow_bytes.value_or(Bytes{0}) : Bytes{0});
  kernel_.cancel(slot->timer);
  if (how != FlowEnd::done) return try_again(id);
  if (ArrivalCurve* arrivals = slot->movement.arrivals) {
    arrivals->add(kernel_.now(), static_cast<double>(slot->movement.bytes.value()));
  }
  end_flow(id);
}

void KvMover::end_flow(MovementId id) {
  Slot& slot = slots_[id.slot()];
  counters_.bytes_delivered += slot.movement.bytes.value();
  slot.flowed = slot.second_leg || !slot.movement.via;
  const Duration after = slot.flowed ? slot.movement.after : slot.movement.via->after;
  if (after > Duration{0}) {
    slot.event = kernel_.at(kernel_.now() + after, {Phase::transfer}, [this, id] { end_leg(id); });
  } else {
    end_leg(id);
  }
}

Bytes KvMover::arrived(const Slot& slot) const {
  if (slot.flowed) return slot.movement.bytes;
  if (slot.flow == FlowId{}) return slot.before;
  return slot.movement.bytes - kernel_.remaining(slot.flow);
}

Bytes KvMover::arrived(MovementId id) const {
  const Slot* slot = find(id);
  return slot == nullptr ? Bytes{0} : arrived(*slot);
}

void KvMover::retarget(MovementId id, Bytes bytes) {
  Slot* slot = find(id);
  if (slot == nullptr || slot->flowed || bytes == slot->movement.bytes) return;
  SIM_CHECK(!slot->movement.via, "a movement through a relay is retargeted");
  if (slot->flow == FlowId{}) {  // it has not begun: it begins with this size
    slot->movement.bytes = bytes;
    return;
  }
  note_arrivals();
  const Bytes earlier = slot->before;
  slot->before = arrived(*slot);
  kernel_.cancel(slot->flow);
  flow_is_over(*slot, slot->before - earlier);
  slot->movement.bytes = std::max(bytes, slot->before);
  if (bytes > slot->before) return start_flow(id);
  slot->flowed = true;
  kernel_.cancel(slot->timer);
  slot->event = kernel_.at(kernel_.now(), {Phase::transfer}, [this, id] { end_flow(id); });
}

void KvMover::note_arrivals() {
  for (const MovementId id : watched_) {
    const Slot& slot = slots_[id.slot()];
    if (slot.flow == FlowId{}) continue;
    slot.movement.arrivals->add(kernel_.now(), static_cast<double>(arrived(slot).value()));
  }
}

void KvMover::on_timeout(MovementId id) {
  Slot* slot = find(id);
  SIM_CHECK(slot != nullptr, "a movement timed out that is gone");
  note_arrivals();
  kernel_.cancel(slot->flow);
  flow_is_over(*slot, Bytes{0});
  ++counters_.timed_out;
  try_again(id);
}

void KvMover::try_again(MovementId id) {
  Slot& slot = slots_[id.slot()];
  if (slot.tries > params_.max_retries) {
    ++counters_.gave_up;
    return end(id, MovementEnd::gave_up);
  }
  ++counters_.retried;
  slot.event = kernel_.at(kernel_.now() + params_.retry_timeout, {Phase::transfer}, [this, id] { send(id); });
}

void KvMover::end_leg(MovementId id) {
  Slot& slot = slots_[id.slot()];
  slot.event = EventId{};
  if (slot.movement.via && !slot.second_leg) {
    slot.second_leg = true;
    slot.tries = 0;
    return begin_leg(id);
  }
  ++counters_.delivered;
  end(id, MovementEnd::delivered);
}

void KvMover::end(MovementId id, MovementEnd how) {
  MovementFn done = std::move(slots_[id.slot()].done);
  release(id);
  done(how);
}

void KvMover::release(MovementId id) {
  Slot& slot = slots_[id.slot()];
  if (slot.movement.arrivals != nullptr) std::erase(watched_, id);
  slot.live = false;
  ++slot.generation;
  slots_.release(id.slot());
  give_buffer(slot);
}

void KvMover::cancel(MovementId id) {
  Slot* slot = find(id);
  if (slot == nullptr) return;
  note_arrivals();
  kernel_.cancel(slot->event);
  kernel_.cancel(slot->timer);
  kernel_.cancel(slot->flow);
  flow_is_over(*slot, Bytes{0});
  slot->done = MovementFn{};
  ++counters_.cancelled;
  release(id);
}

void KvMover::set_rate_cap(MovementId id, std::optional<BytesPerSecond> cap) {
  Slot* slot = find(id);
  if (slot == nullptr) return;
  slot->movement.rate_cap = cap;
  note_arrivals();
  if (!slot->second_leg) kernel_.set_rate_cap(slot->flow, narrower(cap, slot->movement.protocol_cap));
}

void KvMover::disconnect(PlaceId place) {
  std::erase_if(connected_, [place](const auto& pair) { return pair.first == place || pair.second == place; });
}

void KvMover::check_idle() const {
  SIM_CHECK(counters_.started == counters_.delivered + counters_.gave_up + counters_.cancelled,
            "a KV movement neither ended nor was cancelled");
  for (const auto& [place, buffer] : buffers_) {
    SIM_CHECK(buffer.used == Bytes{0}, "a receiver's staging buffer is held though nothing moves");
  }
}

}  // namespace cleave

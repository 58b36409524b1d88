#include "sim/transfer/kv_mover.h"

#include <utility>

#include "models/units/check.h"

namespace cleave {

MovementId KvMover::start(const Movement& movement, MovementFn done) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  Slot& slot = slots_[index];
  slot.movement = movement;
  slot.done = std::move(done);
  slot.tries = 0;
  slot.live = true;
  slot.flow = FlowId{};
  slot.event = EventId{};
  ++counters_.started;
  const MovementId id{index, slot.generation};
  if (movement.setup > Duration{0}) {
    slot.event = kernel_.at(kernel_.now() + movement.setup, {Phase::transfer}, [this, id] { send(id); });
  } else {
    send(id);
  }
  return id;
}

KvMover::Slot* KvMover::find(MovementId id) {
  if (!id.valid() || slots_[id.slot()].generation != id.generation() || !slots_[id.slot()].live) return nullptr;
  return &slots_[id.slot()];
}

void KvMover::send(MovementId id) {
  Slot* slot = find(id);
  if (slot == nullptr) return;
  slot->event = EventId{};
  ++slot->tries;
  const Movement& m = slot->movement;
  const FlowId flow =
      kernel_.transfer({m.from, m.to, m.bytes, m.rate_cap}, [this, id](FlowEnd how) { on_flow_end(id, how); });
  slots_[id.slot()].flow = flow;
}

void KvMover::on_flow_end(MovementId id, FlowEnd how) {
  Slot* slot = find(id);
  SIM_CHECK(slot != nullptr, "a flow ended whose movement is gone");
  slot->flow = FlowId{};
  if (how == FlowEnd::done) {
    ++counters_.delivered;
    counters_.bytes_delivered += slot->movement.bytes.value();
    end(id, MovementEnd::delivered);
  } else if (slot->tries > params_.max_retries) {
    ++counters_.gave_up;
    end(id, MovementEnd::gave_up);
  } else {
    ++counters_.retried;
    slot->event = kernel_.at(kernel_.now() + params_.retry_timeout, {Phase::transfer}, [this, id] { send(id); });
  }
}

void KvMover::end(MovementId id, MovementEnd how) {
  MovementFn done = std::move(slots_[id.slot()].done);
  release(id);
  done(how);
}

void KvMover::release(MovementId id) {
  Slot& slot = slots_[id.slot()];
  slot.live = false;
  ++slot.generation;
  free_.push_back(id.slot());
}

void KvMover::cancel(MovementId id) {
  Slot* slot = find(id);
  if (slot == nullptr) return;
  kernel_.cancel(slot->event);
  kernel_.cancel(slot->flow);
  slot->done = MovementFn{};
  ++counters_.cancelled;
  release(id);
}

void KvMover::set_rate_cap(MovementId id, std::optional<BytesPerSecond> cap) {
  Slot* slot = find(id);
  if (slot == nullptr) return;
  slot->movement.rate_cap = cap;
  kernel_.set_rate_cap(slot->flow, cap);
}

void KvMover::check_idle() const {
  SIM_CHECK(counters_.started == counters_.delivered + counters_.gave_up + counters_.cancelled,
            "a KV movement neither ended nor was cancelled");
}

}  // namespace cleave

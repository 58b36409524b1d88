#include "sim/core/manual_kernel.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "models/units/check.h"

namespace cleave {

EventId ManualKernel::at(TimePoint time, Order order, EventFn fn) {
  SIM_CHECK(time >= now_, "an event in the past");
  return queue_.push(time, order, std::move(fn));
}

bool ManualKernel::has_passed(TimePoint time, Order order) const {
  return progress_.has_passed(time, order);
}

FlowId ManualKernel::transfer(const FlowSpec& flow, FlowFn done) {
  const FlowId id{static_cast<std::uint32_t>(flows_.size()), 1};
  flows_.push_back({static_cast<double>(flow.bytes.value()), 0, now_, {}, std::move(done), 1, true});
  ++counters_.flows;
  arm(id, flow.rate_cap);
  return id;
}

ManualKernel::Flow* ManualKernel::find(FlowId flow) {
  if (flow.generation() == 0 || flow.slot() >= flows_.size() || !flows_[flow.slot()].live) return nullptr;
  return &flows_[flow.slot()];
}

double ManualKernel::left(const Flow& flow) const {
  return std::max(0.0, flow.remaining - flow.rate * to_seconds(now_ - flow.since));
}

void ManualKernel::arm(FlowId id, std::optional<BytesPerSecond> cap) {
  Flow& flow = flows_[id.slot()];
  flow.remaining = left(flow);
  flow.since = now_;
  flow.rate = cap ? std::min(cap->value(), bandwidth_.value()) : bandwidth_.value();
  queue_.cancel(flow.end);
  flow.end = queue_.push(now_ + next_nanosecond(flow.remaining / flow.rate - 1e-11), {Phase::transfer},
                         [this, id] { finish(id, FlowEnd::done); });
}

void ManualKernel::set_rate_cap(FlowId id, std::optional<BytesPerSecond> cap) {
  if (find(id) != nullptr) arm(id, cap);
}

Bytes ManualKernel::remaining(FlowId id) const {
  const Flow* flow = find(id);
  return Bytes{flow == nullptr ? 0 : std::llround(left(*flow))};
}

void ManualKernel::cancel(FlowId id) {
  Flow* flow = find(id);
  if (flow == nullptr) return;
  flow->live = false;
  queue_.cancel(flow->end);
}

void ManualKernel::finish(FlowId id, FlowEnd end) {
  Flow* flow = find(id);
  if (flow == nullptr) return;
  flow->live = false;
  queue_.cancel(flow->end);
  FlowFn done = std::move(flow->done);
  done(end);
}

bool ManualKernel::step() {
  if (!queue_.next_time()) return false;
  EventQueue::Event event = queue_.pop();
  now_ = event.time;
  progress_.run(now_, event.order);
  check_context().now_ns = now_.time_since_epoch().count();
  ++counters_.events;
  event.fn();
  return true;
}

void ManualKernel::run(const Callback<bool()>& stop) {
  while (!stop() && step()) {
  }
}

}  // namespace cleave

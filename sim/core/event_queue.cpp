#include "sim/core/event_queue.h"

#include <algorithm>
#include <utility>

#include "models/units/check.h"

namespace cleave {

EventId EventQueue::push(TimePoint time, Order order, EventFn fn) {
  std::uint32_t slot;
  if (free_.empty()) {
    slot = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  slots_[slot].fn = std::move(fn);
  const std::uint32_t generation = slots_[slot].generation;
  heap_.push_back({time.time_since_epoch().count(), pack(order), sequence_++, slot, generation});
  sift_up(heap_.size() - 1);
  ++live_;
  return {slot, generation};
}

void EventQueue::cancel(EventId event) {
  if (event.generation() == 0 || slots_[event.slot()].generation != event.generation()) return;
  Slot& slot = slots_[event.slot()];
  ++slot.generation;
  slot.fn = EventFn{};
  free_.push_back(event.slot());
  --live_;
  if (heap_.size() > 64 && heap_.size() > 4 * live_) compact();
}

std::optional<TimePoint> EventQueue::next_time() {
  drop_dead();
  if (heap_.empty()) return std::nullopt;
  return TimePoint{Duration{heap_.front().time}};
}

EventQueue::Event EventQueue::pop() {
  drop_dead();
  SIM_CHECK(!heap_.empty(), "pop from an empty event queue");
  const Entry top = heap_.front();
  remove_top();
  Slot& slot = slots_[top.slot];
  Event event{TimePoint{Duration{top.time}},
              Order{static_cast<Phase>(top.order >> 32), static_cast<std::uint32_t>(top.order & 0xffffffffU)},
              std::move(slot.fn)};
  ++slot.generation;
  free_.push_back(top.slot);
  --live_;
  return event;
}

void EventQueue::drop_dead() {
  while (!heap_.empty() && slots_[heap_.front().slot].generation != heap_.front().generation) remove_top();
}

void EventQueue::remove_top() {
  heap_.front() = heap_.back();
  heap_.pop_back();
  if (!heap_.empty()) sift_down(0);
}

void EventQueue::compact() {
  std::erase_if(heap_, [this](const Entry& e) { return slots_[e.slot].generation != e.generation; });
  for (std::size_t i = heap_.size() / 4 + 1; i-- > 0;) {
    if (i < heap_.size()) sift_down(i);
  }
}

void EventQueue::sift_up(std::size_t at) {
  const Entry moving = heap_[at];
  while (at > 0) {
    const std::size_t parent = (at - 1) / 4;
    if (!(moving < heap_[parent])) break;
    heap_[at] = heap_[parent];
    at = parent;
  }
  heap_[at] = moving;
}

void EventQueue::sift_down(std::size_t at) {
  const Entry moving = heap_[at];
  const std::size_t size = heap_.size();
  while (true) {
    const std::size_t first = 4 * at + 1;
    if (first >= size) break;
    std::size_t best = first;
    const std::size_t last = std::min(first + 4, size);
    for (std::size_t child = first + 1; child < last; ++child) {
      if (heap_[child] < heap_[best]) best = child;
    }
    if (!(heap_[best] < moving)) break;
    heap_[at] = heap_[best];
    at = best;
  }
  heap_[at] = moving;
}

}  // namespace cleave

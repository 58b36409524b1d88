#include "sim/cluster/live_request.h"

namespace cleave {

LiveRequest& LiveTable::open(LiveId& id) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  LiveRequest& live = slots_[slot];
  live.live = true;
  live.attempt = 0;
  live.record = RequestRecord{};
  live.keys.clear();
  live.movements.clear();
  live.kept.reset();
  live.pinned.reset();
  live.stage = Stage::routing;
  live.split = live.prefilled = live.reserved = false;
  live.decode_has = live.streamed = live.open_movements = 0;
  live.fetched.clear();
  live.elsewhere.clear();
  live.answered_at.clear();
  live.fetch.reset();
  live.decode_chosen = live.copies_prefix = false;
  reset(live.prefill);
  reset(live.decode);
  ++live_;
  id = {slot, live.generation};
  return live;
}

void LiveTable::close(LiveId id) {
  LiveRequest& live = slots_[id.slot];
  live.live = false;
  ++live.generation;
  free_.push_back(id.slot);
  --live_;
}

}  // namespace cleave

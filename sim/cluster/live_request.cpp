#include "sim/cluster/live_request.h"

namespace cleave {

LiveRequest& LiveTable::open(LiveId& id) {
  const std::uint32_t slot = slots_.take();
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
  id = {slot, live.generation};
  return live;
}

void LiveTable::close(LiveId id) {
  LiveRequest& live = slots_[id.slot];
  live.live = false;
  ++live.generation;
  slots_.release(id.slot);
}

}  // namespace cleave

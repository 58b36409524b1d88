// Reads of a tier's store: what readers hold, and whether they may use what they got.
#include <algorithm>

#include "models/units/check.h"
#include "sim/kv/tier/tier_store.h"

namespace cleave {

std::uint32_t TierStore::read_start(std::span<const BlockKey> objects, std::size_t from, std::size_t until,
                                    TimePoint now, Turn turn) {
  settle(now);
  ++requests_;
  turn_ = turn;
  touch_chain(objects, until, now);
  accesses_ += until;
  const std::uint32_t id = open(reads_, free_reads_, now);
  Transfer& read = reads_[id];
  leases_.resize(objects_.size());
  read.lease_until = params_.read_lease ? now + *params_.read_lease : TimePoint::max();
  for (std::size_t i = from; i < until; ++i) {
    const std::optional<Slot> slot = table_.find(objects, i);
    SIM_CHECK(slot.has_value(), "a read of an object that is not there");
    Object& object = objects_[slot->index()];
    const bool whole = object.phase == Phase::readable;
    read.objects.push_back({*slot, object.generation, whole, object.epoch == epoch_});
    if (!whole) continue;  // seen too early: there is nothing yet that a lease could hold
    ++object.readers;
    ++object.reading;
    leases_[slot->index()] = read.lease_until;  // leases are equally long: the last one ends last
    become_read(object, now);
    if (wants_.pins && params_.consistency.guards.lease) policy_->pin(*slot);
  }
  return id;
}

void TierStore::become_read(Object& object, TimePoint now) {
  const bool kept = object.readers > 0;
  become(object, object.reading > 0 ? KvState::active : kept ? KvState::orphaned : KvState::idle, now);
}

/// Calls fn(slot, object) for all that a read has found whole and that is still there.
template <class Fn>
void TierStore::for_each_there(const Transfer& read, const Fn& fn) {
  for (const Held& held : read.objects) {
    if (held.whole && is(held)) fn(held.slot, objects_[held.slot.index()]);
  }
}

void TierStore::stop_reading(std::uint32_t read, TimePoint now) {
  Transfer& transfer = reads_[read];
  SIM_CHECK(transfer.live && !transfer.ended, "a read that is not under way ends");
  for_each_there(transfer, [&](Slot, Object& object) {
    --object.reading;
    become_read(object, now);
  });
  transfer.ended = true;
  close_read(read, now);
}

void TierStore::read_release(std::uint32_t read, TimePoint now) {
  settle(now);
  Transfer& transfer = reads_[read];
  SIM_CHECK(transfer.live && !transfer.released, "what a reader held is released twice");
  for_each_there(transfer, [&](Slot slot, Object& object) {
    --object.readers;
    become_read(object, now);
    if (wants_.pins && params_.consistency.guards.lease) policy_->unpin(slot);
  });
  transfer.released = true;
  close_read(read, now);
}

/// From the last to the first, so that orders of chains let them go.
void TierStore::close_read(std::uint32_t read, TimePoint now) {
  Transfer& transfer = reads_[read];
  if (!transfer.ended || !transfer.released) return;
  if (transfer.leaves) {
    for (auto held = transfer.objects.rbegin(); held != transfer.objects.rend(); ++held) {
      if (!is(*held) || objects_[held->slot.index()].readers > 0 || !policy_->can_erase(held->slot)) continue;
      policy_->erase(held->slot);
      drop(held->slot, now);
    }
  }
  transfer.live = false;
  free_reads_.push_back(read);
}

bool TierStore::read_end(std::uint32_t read, TimePoint now, bool leaves) {
  settle(now);
  const KvGuards& guards = params_.consistency.guards;
  Transfer& transfer = reads_[read];
  bool usable = true;
  const bool expired = guards.lease && now > transfer.lease_until;
  if (expired) counters_.expired_reads += transfer.objects.size();
  for (const Held& held : transfer.objects) {
    const bool torn = !is(held);
    const bool premature = !held.whole;
    const bool stale = !held.current;
    counters_.torn_reads += torn ? 1 : 0;
    counters_.premature_reads += premature ? 1 : 0;
    counters_.stale_reads += stale ? 1 : 0;
    // A checksum of the content shows what is torn or unfinished; whose model wrote it only its key can tell.
    const bool noticed = (guards.validate && (torn || premature)) || (guards.epoch && stale);
    counters_.undetected += (torn || premature || stale) && !noticed ? 1 : 0;
    usable = usable && !noticed;
  }
  if (expired && guards.validate) usable = false;
  if (usable) counters_.read += transfer.objects.size();
  transfer.leaves = leaves && usable;
  stop_reading(read, now);
  return usable;
}

void TierStore::read_cancel(std::uint32_t read, TimePoint now) {
  settle(now);
  stop_reading(read, now);
}

}  // namespace cleave

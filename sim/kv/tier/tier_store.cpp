#include "sim/kv/tier/tier_store.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "models/units/check.h"
#include "sim/kv/prefetch.h"

namespace cleave {
namespace {

/// Look-ups that are started before their turn: tables are larger than caches.
constexpr std::size_t kLookAhead = 10 * ChainPlace::kKeys;
/// The same for slots, of which a line of memory has several.
constexpr std::size_t kSlotsAhead = 32;

PolicyParams policy_params(const TierStoreParams& params) {
  PolicyParams policy;
  policy.capacity = static_cast<std::size_t>(params.capacity);
  policy.seed = params.seed;
  policy.ttl = params.ttl.value_or(policy.ttl);
  policy.block_size = params.object_tokens;
  return policy;
}

std::int64_t share_of(std::int64_t capacity, double watermark) {
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(watermark * static_cast<double>(capacity)));
}

}  // namespace

TierStore::TierStore(const TierStoreParams& params)
    : params_(params),
      policy_(make_any_policy(params.eviction, policy_params(params))),
      wants_(policy_->wants()),
      high_(share_of(params.capacity, params.high_watermark)),
      low_(std::min(share_of(params.capacity, params.low_watermark), high_)),
      in_place_(params.chained && wants_.in_runs && low_ == high_ &&
                high_ > static_cast<std::int64_t>(ChainPlace::kKeys)),
      table_(params.chained, static_cast<std::size_t>(params.capacity)),
      meter_(params.capacity) {
  SIM_CHECK(params.capacity > 0, "a tier holds at least one object");
}

bool TierStore::visible(const Object& object) const {
  if (object.phase == Phase::readable) return true;
  return !params_.consistency.guards.two_phase && object.phase != Phase::dead;
}

std::size_t TierStore::peek(std::span<const BlockKey> objects, std::size_t from) const {
  std::size_t at = from;
  for (; at < objects.size(); ++at) {
    const std::optional<Slot> slot = table_.find(objects, at);
    if (!slot || !visible(objects_[slot->index()])) break;
  }
  return at - std::min(at, from);
}

std::size_t TierStore::match(std::span<const BlockKey> objects, std::size_t from, TimePoint now) {
  settle(now);
  const std::size_t found = peek(objects, from);
  counters_.lookups += objects.size() - std::min(from, objects.size());
  counters_.hits += found;
  return found;
}

/// How a policy sees the turn's accesses; of each object at() adds what is its own.
Access TierStore::access_now(TimePoint now) const {
  Access access;
  access.request = requests_;
  access.session = turn_.session.value_or(kNoSession);
  access.closes = turn_.closes;
  access.time = now;
  return access;
}

inline void TierStore::at(Access& access, std::span<const BlockKey> objects, std::size_t i) const {
  access.key = objects[i];
  access.number = accesses_ + i;
  access.depth = static_cast<std::uint32_t>(i);
  // A leaf-first order needs the object before; one whose predecessor is not here begins a tree of its own.
  if (wants_.pins && (i == 0 || !table_.find(objects, i - 1))) access.depth = 0;
}

/// Tells the policy that the first `until` objects were used, those that are here.
void TierStore::touch_chain(std::span<const BlockKey> objects, std::size_t until, TimePoint now) {
  Access access = access_now(now);
  for (std::size_t n = 0; n < until; ++n) {
    const std::size_t i = wants_.from_the_last ? until - 1 - n : n;
    const std::optional<Slot> slot = table_.find(objects, i);
    if (!slot) continue;
    at(access, objects, i);
    policy_->hit(*slot, access);
  }
}

void TierStore::close_session(std::span<const BlockKey> objects, std::uint32_t session, TimePoint now) {
  if (!wants_.ends) return;
  settle(now);
  ++requests_;
  turn_ = {session, true};
  touch_chain(objects, objects.size(), now);
  accesses_ += objects.size();
}

inline bool TierStore::is_leased(Slot slot, TimePoint now) const {
  return objects_[slot.index()].readers > 0 && params_.consistency.guards.lease && now < leases_[slot.index()];
}

inline bool TierStore::may_go(Slot slot, TimePoint now, bool even_soft_pinned) const {
  const Object& object = objects_[slot.index()];
  if (object.phase == Phase::dead) return true;
  if (object.phase != Phase::readable || object.hard_pinned) return false;
  if (is_leased(slot, now)) return false;
  return even_soft_pinned || now >= object.since + params_.soft_pin;
}

/// The policy has forgotten an object; so does the store, but for its place in the table and what states count.
inline void TierStore::vacate(Slot slot, TimePoint now) {
  Object& object = objects_[slot.index()];
  SIM_CHECK(object.state != KvState::free, "a tier's object is freed twice");
  SIM_CHECK(!is_leased(slot, now), "a tier's object is freed under a valid lease");
  counters_.freed_while_read += object.reading > 0 ? 1 : 0;
  object.readers = object.reading = 0;
  ++object.generation;
}

void TierStore::drop(Slot slot, TimePoint now) {
  vacate(slot, now);
  become(objects_[slot.index()], KvState::free, now);
  table_.erase(slot);
}

/// What lies in slots that will soon be victims', as far as there are so many.
inline void TierStore::prefetch(std::size_t slot, std::size_t count) const {
  if (slot >= objects_.size()) return;
  count = std::min(count, objects_.size() - slot);
  prefetch_lines(&objects_[slot], count);
  table_.prefetch(Slot{slot}, count);
}

/// Before victims go, whose last is `last`: counts them and says so to whoever asked.
inline void TierStore::note_evictions(std::span<const Slot> victims) {
  // Chains mostly lie in slots that follow each other, and go in that order.
  next_slot_ = victims.back().index() + 1;
  prefetch(victims.front().index() + kSlotsAhead, victims.size());
  counters_.evicted += victims.size();
  if (!reports_) return;
  for (const Slot victim : victims) {
    if (objects_[victim.index()].phase == Phase::readable) evicted_.push_back(table_.key(victim));
  }
}

inline void TierStore::evict(Slot victim, TimePoint now) {
  note_evictions({&victim, 1});
  drop(victim, now);
}

/// Drops the policy's next victim. Returns false if nothing can go.
inline bool TierStore::evict_one(const Access& incoming, TimePoint now, bool even_soft_pinned) {
  if (wants_.pins && !policy_->has_victim()) return false;
  const Slot first = policy_->victim(incoming);
  if (!may_go(first, now, even_soft_pinned)) {
    return evict_another(first, incoming, now, even_soft_pinned);
  }
  evict(first, now);
  return true;
}

/// Objects that cannot go are set aside, and are the newest when they return.
bool TierStore::evict_another(Slot first, const Access& incoming, TimePoint now, bool even_soft_pinned) {
  std::vector<Slot> aside{first};
  std::optional<Slot> victim;
  while (aside.size() < table_.size()) {
    if (wants_.pins && !policy_->has_victim()) break;
    const Slot slot = policy_->victim(incoming);
    if (may_go(slot, now, even_soft_pinned)) {
      victim = slot;
      break;
    }
    aside.push_back(slot);
  }
  for (const Slot slot : aside) {
    Access access = incoming;
    access.key = table_.key(slot);
    access.session = kNoSession;  // not that of whoever comes in
    access.closes = false;
    policy_->insert(slot, access);
  }
  if (!victim) return false;
  evict(*victim, now);
  return true;
}

bool TierStore::make_room(const Access& incoming, TimePoint now) {
  if (size() < high_) return true;
  while (size() > low_ - 1) {
    if (evict_one(incoming, now, false)) continue;
    if (size() < params_.capacity) return true;  // above the watermark, but there is room
    if (!evict_one(incoming, now, true)) return false;
  }
  return true;
}

/// A put of number `i` of a prompt begins in a free slot.
inline void TierStore::begin(Object& object, std::size_t i, TimePoint now) {
  object.phase = Phase::writing;
  object.hard_pinned = static_cast<std::int64_t>(i) < params_.hard_pinned;
  object.epoch = epoch_;
  object.since = now;
  object.state = KvState::in_flight;
}

/// Puts the objects from number `from` on to the end of their line of the table in the places of as many that go. Only
/// where that is all there is to it: the store is full, none of them is there, and nobody needs the next victims.
/// Result: how many; 0: each must be looked at.
std::size_t TierStore::put_in_place(std::span<const BlockKey> objects, std::size_t from, TimePoint now,
                                    std::span<Held> taken) {
  if (size() != high_) return 0;
  const std::size_t count = std::min(ChainPlace::kKeys - from % ChainPlace::kKeys, objects.size() - from);
  std::array<Slot, ChainPlace::kKeys> room;
  const std::span slots = std::span{room}.first(count);
  if (policy_->oldest(slots) < count) return 0;
  for (const Slot slot : slots) {
    if (!may_go(slot, now, false)) return 0;
  }
  std::uint32_t* const ids = table_.add_line(objects, from);
  if (ids == nullptr) return 0;
  note_evictions(slots);
  ChainPlace place{objects, from};
  std::int64_t idle = 0;
  for (std::size_t k = 0; k < count; ++k) {
    const Slot slot = slots[k];
    const std::size_t i = from + k;
    Object& object = objects_[slot.index()];
    vacate(slot, now);
    if (object.state == KvState::idle)
      ++idle;
    else
      meter_.move(object.state, KvState::free, now);
    if (k > 0) place = place.next(objects, i);
    table_.replace(slot, {objects[i], place}, ids + k);
    begin(object, i, now);
    taken[k].slot = slot;
    taken[k].generation = object.generation;
  }
  meter_.move(KvState::idle, KvState::free, now, idle);
  policy_->renew_oldest(slots.back());
  return count;
}

/// Takes an object out, or, if a leaf-first order still needs it, leaves it there as garbage.
void TierStore::forget(Slot slot, TimePoint now) {
  Object& object = objects_[slot.index()];
  if (policy_->can_erase(slot)) {
    policy_->erase(slot);
    drop(slot, now);
  } else {
    object.phase = Phase::dead;
    ++object.generation;
    become(object, KvState::orphaned, now);
  }
}

std::uint32_t TierStore::open(std::vector<Transfer>& transfers, std::vector<std::uint32_t>& free, TimePoint now) {
  if (free.empty()) {
    free.push_back(static_cast<std::uint32_t>(transfers.size()));
    transfers.emplace_back();
  }
  const std::uint32_t id = free.back();
  free.pop_back();
  transfers[id].objects.clear();
  transfers[id].began = now;
  transfers[id].live = true;
  transfers[id].ended = transfers[id].released = transfers[id].leaves = false;
  return id;
}

std::optional<std::uint32_t> TierStore::put_start(std::span<const BlockKey> objects, std::size_t from, TimePoint now,
                                                  std::vector<std::uint32_t>& accepted, Turn turn) {
  settle(now);
  ++requests_;
  turn_ = turn;
  touch_chain(objects, from, now);
  const std::uint32_t id = open(puts_, free_puts_, now);
  std::vector<Held>& taken = puts_[id].objects;
  taken.resize(objects.size() - from);
  accepted.resize(objects.size() - from);
  std::size_t count = 0;
  std::int64_t fresh = 0;
  const auto take = [&](std::size_t i, Slot slot, const Object& object) {
    taken[count].slot = slot;
    taken[count].generation = object.generation;
    accepted[count++] = static_cast<std::uint32_t>(i);
  };
  Access access = access_now(now);
  const auto number = [&](std::size_t n) { return wants_.from_the_last ? objects.size() - 1 - (n - from) : n; };
  const std::size_t ahead = std::min(from + kLookAhead, objects.size());
  prefetch(next_slot_, std::min(ahead - from, kSlotsAhead));
  table_.prefetch(objects, wants_.from_the_last ? objects.size() - (ahead - from) : from,
                  wants_.from_the_last ? objects.size() : ahead);
  for (std::size_t n = from; n < objects.size(); ++n) {
    const std::size_t i = number(n);
    if (n + kLookAhead < objects.size()) table_.prefetch(objects, number(n + kLookAhead));
    if (in_place_ && (n == from || n % ChainPlace::kKeys == 0)) {
      if (const std::size_t put = put_in_place(objects, n, now, std::span{taken}.subspan(count)); put > 0) {
        std::iota(accepted.begin() + static_cast<std::ptrdiff_t>(count),
                  accepted.begin() + static_cast<std::ptrdiff_t>(count + put), static_cast<std::uint32_t>(n));
        count += put;
        fresh += static_cast<std::int64_t>(put);
        n += put - 1;
        continue;
      }
    }
    at(access, objects, i);
    const auto found = table_.find_to_put(objects, i);
    if (found.slot) {
      const Slot known = *found.slot;
      Object& object = objects_[known.index()];
      const bool preempts = object.phase == Phase::dead ||
                            (object.phase == Phase::zombie && now >= object.since + params_.consistency.put_discard);
      policy_->hit(known, access);
      if (!preempts) {
        ++counters_.duplicates;
        continue;
      }
      counters_.zombies_preempted += object.phase == Phase::zombie ? 1 : 0;
      if (object.phase == Phase::dead && wants_.pins) policy_->pin(known);
      ++object.generation;
      object.phase = Phase::writing;
      object.since = now;
      object.epoch = epoch_;
      become(object, KvState::in_flight, now);
      take(i, known, object);
      continue;
    }
    if ((wants_.misses && !policy_->miss(access)) || !make_room(access, now)) {
      ++counters_.refused;
      if (wants_.from_the_last) continue;
      break;  // what comes behind a gap could not be found
    }
    const Slot slot = table_.put(found);
    if (slot.index() >= objects_.size()) {
      grow_towards(objects_, slot.index() + 1, static_cast<std::size_t>(params_.capacity));
      objects_.resize(slot.index() + 1);
    }
    Object& object = objects_[slot.index()];
    begin(object, i, now);
    ++fresh;
    if (wants_.pins) at(access, objects, i);  // making room may have changed what comes before it
    policy_->insert(slot, access);
    if (wants_.pins) policy_->pin(slot);
    take(i, slot, object);
  }
  meter_.move(KvState::free, KvState::in_flight, now, fresh);
  accesses_ += objects.size();
  taken.resize(count);
  accepted.resize(count);
  if (count > 0) return id;
  puts_[id].live = false;
  free_puts_.push_back(id);
  return std::nullopt;
}

void TierStore::put_end(std::uint32_t put, TimePoint now) {
  settle(now);
  Transfer& transfer = puts_[put];
  SIM_CHECK(transfer.live, "a put that is not under way ends");
  std::int64_t written = 0;
  for (const Held& held : transfer.objects) {
    if (!is(held)) continue;  // pre-empted: somebody else writes the same
    Object& object = objects_[held.slot.index()];
    object.phase = Phase::readable;
    object.since = now;
    object.state = KvState::idle;
    if (wants_.pins) policy_->unpin(held.slot);
    ++written;
  }
  meter_.move(KvState::in_flight, KvState::idle, now, written);
  counters_.written += static_cast<std::uint64_t>(written);
  transfer.live = false;
  free_puts_.push_back(put);
}

void TierStore::put_revoke(std::uint32_t put, TimePoint now) {
  settle(now);
  Transfer& transfer = puts_[put];
  SIM_CHECK(transfer.live, "a put that is not under way is revoked");
  for (auto held = transfer.objects.rbegin(); held != transfer.objects.rend(); ++held) {
    if (!is(*held)) continue;
    policy_->unpin(held->slot);
    forget(held->slot, now);
    ++counters_.revoked;
  }
  transfer.live = false;
  free_puts_.push_back(put);
}

void TierStore::put_abandon(std::uint32_t put, TimePoint now) {
  settle(now);
  Transfer& transfer = puts_[put];
  SIM_CHECK(transfer.live, "a put that is not under way is abandoned");
  for (const Held& held : transfer.objects) {
    if (!is(held)) continue;
    Object& object = objects_[held.slot.index()];
    object.phase = Phase::zombie;
    become(object, KvState::orphaned, now);
    zombies_.push_back({std::max(now, object.since + params_.consistency.put_release), held});
    ++counters_.zombies;
  }
  std::sort(zombies_.begin(), zombies_.end(), [](const Zombie& a, const Zombie& b) {
    return std::pair(a.reclaim_at, a.object.slot) < std::pair(b.reclaim_at, b.object.slot);
  });
  transfer.live = false;
  free_puts_.push_back(put);
}

void TierStore::settle(TimePoint now) {
  while (!zombies_.empty() && zombies_.front().reclaim_at <= now) {
    const auto [reclaim_at, held] = zombies_.front();
    zombies_.pop_front();
    if (!is(held) || objects_[held.slot.index()].phase != Phase::zombie) continue;
    policy_->unpin(held.slot);
    forget(held.slot, reclaim_at);  // whoever looks later finds it gone since then
    ++counters_.zombies_reclaimed;
  }
  if (!wants_.drops_unasked) return;
  std::vector<Slot> aside;  // given up by the policy, but they may not go yet
  while (const std::optional<Slot> slot = policy_->dropped(now)) {
    if (may_go(*slot, now, true)) {
      ++counters_.evicted;
      drop(*slot, now);
    } else {
      aside.push_back(*slot);
    }
  }
  for (const Slot slot : aside) {
    Access access;
    access.key = table_.key(slot);
    access.session = kNoSession;
    access.time = now;
    access.request = requests_;
    policy_->insert(slot, access);
  }
}

void TierStore::check_consistency(TimePoint now, bool idle) const {
  std::int64_t occupied_slots = 0;
  for (const Object& object : objects_) {
    if (object.state == KvState::free) continue;
    ++occupied_slots;
    SIM_CHECK(!idle || object.reading == 0, "a tier's object is being read though nobody reads");
    SIM_CHECK(object.phase != Phase::readable || object.state == KvState::orphaned || object.readers == 0 ||
                  object.reading > 0,
              "a tier's object is kept for nobody and not counted so");
    SIM_CHECK(!idle || object.phase != Phase::writing, "a tier's object is being written though nobody writes");
  }
  SIM_CHECK(occupied_slots == size(), "a tier's objects and their names disagree");
  SIM_CHECK(size() <= params_.capacity, "a tier holds more than its capacity");
  SIM_CHECK(meter_.now_in(KvState::free) == params_.capacity - size(), "a tier's free space is wrong");
  meter_.check(now);
}

}  // namespace cleave

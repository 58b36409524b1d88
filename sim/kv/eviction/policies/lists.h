#pragma once
// Policies that keep one order: FIFO, LRU, LRU with expiry, CLOCK, SIEVE.

#include <optional>
#include <span>

#include "sim/kv/eviction/policy_params.h"
#include "sim/kv/eviction/slot_array.h"
#include "sim/kv/eviction/slot_lists.h"

namespace cleave {

/// The oldest insertion goes.
class Fifo {
 public:
  explicit Fifo(const PolicyParams&) {}
  void hit(Slot, const Access&) {}
  void insert(Slot slot, const Access&) { lists_.push_head(queue_, slot); }
  void erase(Slot slot) { lists_.remove(queue_, slot); }
  Slot victim(const Access&) { return lists_.pop_tail(queue_); }
  std::size_t oldest(std::span<Slot> out) const { return lists_.tails(queue_, out); }
  void renew_oldest(Slot last) { lists_.renew_tails(queue_, last); }

 private:
  SlotLists lists_;
  SlotLists::List queue_;
};

/// The least recently used goes.
class Lru {
 public:
  explicit Lru(const PolicyParams&) {}
  void hit(Slot slot, const Access&) { lists_.move_to_head(queue_, slot); }
  void insert(Slot slot, const Access&) { lists_.push_head(queue_, slot); }
  void erase(Slot slot) { lists_.remove(queue_, slot); }
  Slot victim(const Access&) { return lists_.pop_tail(queue_); }
  std::size_t oldest(std::span<Slot> out) const { return lists_.tails(queue_, out); }
  void renew_oldest(Slot last) { lists_.renew_tails(queue_, last); }

 private:
  SlotLists lists_;
  SlotLists::List queue_;
};

/// LRU whose blocks also go when nobody has used them for longer than a time to live, as providers' prompt caches do.
class TtlLru {
 public:
  explicit TtlLru(const PolicyParams& params) : ttl_(params.ttl) {}
  std::optional<Slot> dropped(TimePoint now) {
    if (queue_.empty()) return std::nullopt;
    const Slot oldest = SlotLists::tail(queue_);
    if (now - used_[oldest] <= ttl_) return std::nullopt;
    return lists_.pop_tail(queue_);
  }
  void hit(Slot slot, const Access& access) {
    used_[slot] = access.time;
    lists_.move_to_head(queue_, slot);
  }
  void insert(Slot slot, const Access& access) {
    used_.set(slot, access.time);
    lists_.push_head(queue_, slot);
  }
  void erase(Slot slot) { lists_.remove(queue_, slot); }
  Slot victim(const Access&) { return lists_.pop_tail(queue_); }

 private:
  Duration ttl_;
  SlotLists lists_;
  SlotLists::List queue_;
  SlotArray<TimePoint> used_;
};

/// FIFO with second chances: a block whose count is above zero returns to the head, one lower. Hits count up to
/// `kMost`: 1 is the classic one-bit CLOCK. Source: Corbato, "A paging experiment with the Multics system", 1968.
template <std::uint8_t kMost>
class Clock {
 public:
  explicit Clock(const PolicyParams&) {}
  void hit(Slot slot, const Access&) {
    if (counts_[slot] < kMost) ++counts_[slot];
  }
  void insert(Slot slot, const Access&) {
    counts_.set(slot, 0);
    lists_.push_head(queue_, slot);
  }
  void erase(Slot slot) { lists_.remove(queue_, slot); }
  Slot victim(const Access&) {
    for (;;) {
      const Slot oldest = SlotLists::tail(queue_);
      if (counts_[oldest] == 0) return lists_.pop_tail(queue_);
      --counts_[oldest];
      lists_.move_to_head(queue_, oldest);
    }
  }

 private:
  SlotLists lists_;
  SlotLists::List queue_;
  SlotArray<std::uint8_t> counts_;
};

/// A hand walks from the oldest block to the newest and takes the first that was not hit since it last came by; blocks
/// stay where they are. Source: Zhang et al., "SIEVE is simpler than LRU", NSDI 2024.
class Sieve {
 public:
  explicit Sieve(const PolicyParams&) {}
  void hit(Slot slot, const Access&) { visited_[slot] = 1; }
  void insert(Slot slot, const Access&) {
    visited_.set(slot, 0);
    lists_.push_head(queue_, slot);
  }
  void erase(Slot slot) {
    if (hand_ == slot) hand_ = lists_.newer(slot);
    lists_.remove(queue_, slot);
  }
  Slot victim(const Access&) {
    Slot at = hand_.value_or(SlotLists::tail(queue_));
    while (visited_[at] != 0) {
      visited_[at] = 0;
      at = lists_.newer(at).value_or(SlotLists::tail(queue_));
    }
    hand_ = lists_.newer(at);
    lists_.remove(queue_, at);
    return at;
  }

 private:
  SlotLists lists_;
  SlotLists::List queue_;
  SlotArray<std::uint8_t> visited_;
  std::optional<Slot> hand_;  // none: at the tail
};

}  // namespace cleave

#pragma once
// Policies that draw random numbers: Random, Hyperbolic.

#include <vector>

#include "sim/core/rng.h"
#include "sim/kv/eviction/policy_params.h"
#include "sim/kv/eviction/slot_array.h"

namespace cleave {

/// Cached slots in an array, so that one can be drawn.
class SlotBag {
 public:
  void insert(Slot slot) {
    place_.set(slot, slots_.size());
    slots_.push_back(slot);
  }
  void remove(Slot slot) {
    slots_[place_[slot]] = slots_.back();
    place_[slots_.back()] = place_[slot];
    slots_.pop_back();
  }
  [[nodiscard]] Slot draw(Rng& rng) const { return slots_[uniform_below(rng, slots_.size())]; }

 private:
  std::vector<Slot> slots_;
  SlotArray<std::size_t> place_;
};

/// Any block goes, all alike.
class RandomEviction {
 public:
  explicit RandomEviction(const PolicyParams& params) : rng_(RngBook{params.seed}.stream("eviction/random")) {}
  void hit(Slot, const Access&) {}
  void insert(Slot slot, const Access&) { bag_.insert(slot); }
  void erase(Slot slot) { bag_.remove(slot); }
  Slot victim(const Access&) {
    const Slot slot = bag_.draw(rng_);
    bag_.remove(slot);
    return slot;
  }

 private:
  Rng rng_;
  SlotBag bag_;
};

/// Of 64 blocks drawn, the one with the fewest uses per access of its life goes.
/// Source: Blankstein et al., "Hyperbolic caching: flexible caching for web applications", ATC 2017.
class Hyperbolic {
 public:
  explicit Hyperbolic(const PolicyParams& params) : rng_(RngBook{params.seed}.stream("eviction/hyperbolic")) {}
  void hit(Slot slot, const Access&) { ++blocks_[slot].uses; }
  void insert(Slot slot, const Access& access) {
    blocks_.set(slot, {access.number, 1});
    bag_.insert(slot);
  }
  void erase(Slot slot) { bag_.remove(slot); }
  Slot victim(const Access& access) {
    Slot lowest = bag_.draw(rng_);
    double least = uses_per_access(lowest, access);
    for (int i = 1; i < kSamples; ++i) {
      const Slot slot = bag_.draw(rng_);
      const double rate = uses_per_access(slot, access);
      if (rate < least) {
        lowest = slot;
        least = rate;
      }
    }
    bag_.remove(lowest);
    return lowest;
  }

 private:
  static constexpr int kSamples = 64;
  struct Block {
    std::uint64_t since = 0;
    std::uint64_t uses = 0;
  };
  [[nodiscard]] double uses_per_access(Slot slot, const Access& now) const {
    return static_cast<double>(blocks_[slot].uses) / static_cast<double>(now.number - blocks_[slot].since);
  }
  Rng rng_;
  SlotBag bag_;
  SlotArray<Block> blocks_;
};

}  // namespace cleave

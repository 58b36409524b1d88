#pragma once

#include <algorithm>
#include <cmath>

#include "sim/core/rng.h"
#include "sim/kv/eviction/ghosts.h"
#include "sim/kv/eviction/policy_params.h"
#include "sim/kv/eviction/slot_array.h"
#include "sim/kv/eviction/slot_heap.h"
#include "sim/kv/eviction/slot_lists.h"

namespace cleave {

/// Two experts, LRU and LFU, are followed at random by weights; regret for a block that comes back soon after one of
/// them dropped it moves the weights. Each expert's history is half the capacity.
/// Source: Vietri et al., "Driving cache replacement with ML-based LeCaR", HotStorage 2018.
class Lecar {
 public:
  explicit Lecar(const PolicyParams& params)
      : history_limit_(params.capacity / 2),
        log_discount_(std::log(0.005) / static_cast<double>(params.capacity)),
        rng_(RngBook{params.seed}.stream("eviction/lecar")) {}

  bool miss(const Access& access) {
    if (const auto ghost = lru_history_.keys.find(access.key)) {
      blame_lru(true, access.number - lru_history_.learn(*ghost));
    } else if (const auto other = lfu_history_.keys.find(access.key)) {
      blame_lru(false, access.number - lfu_history_.learn(*other));
    }
    return true;
  }
  void hit(Slot slot, const Access& access) {
    lists_.move_to_head(queue_, slot);
    heap_.change(slot, {heap_.rank(slot).score + 1, access.number});
  }
  void insert(Slot slot, const Access& access) {
    keys_.set(slot, access.key);
    lists_.push_head(queue_, slot);
    heap_.push(slot, {1, access.number});
  }
  void erase(Slot slot) {
    lists_.remove(queue_, slot);
    heap_.remove(slot);
  }
  Slot victim(const Access& access) {
    const Slot oldest = SlotLists::tail(queue_);
    const Slot rarest = heap_.lowest();
    const bool follow_lru = uniform01(rng_) < lru_weight_;
    const Slot slot = follow_lru ? oldest : rarest;
    erase(slot);
    // A choice that both experts share teaches nothing.
    if (oldest != rarest)
      (follow_lru ? lru_history_ : lfu_history_).remember(keys_[slot], access.number, history_limit_);
    return slot;
  }

 private:
  static constexpr double kLearningRate = 0.45;
  static constexpr double kLeastWeight = 0.01;  // neither expert is ever silenced
  struct History {
    Ghosts keys;
    SlotArray<std::uint64_t> since;
    void remember(BlockKey key, std::uint64_t now, std::size_t limit) {
      if (limit == 0) return;
      if (keys.size() >= limit) keys.drop_oldest();
      since.set(keys.push(key), now);
    }
    /// Forgets the ghost. Result: when its block was dropped.
    std::uint64_t learn(Slot ghost) {
      const std::uint64_t dropped = since[ghost];
      keys.remove(ghost);
      return dropped;
    }
  };
  // The expert that dropped the block loses weight, less so the longer ago that was.
  void blame_lru(bool lru_dropped_it, std::uint64_t accesses_ago) {
    const double kept = std::exp(-kLearningRate * std::exp(log_discount_ * static_cast<double>(accesses_ago)));
    const double lru = lru_weight_ * (lru_dropped_it ? kept : 1);
    const double lfu = (1 - lru_weight_) * (lru_dropped_it ? 1 : kept);
    lru_weight_ = std::clamp(lru / (lru + lfu), kLeastWeight, 1 - kLeastWeight);
  }

  std::size_t history_limit_;
  double log_discount_;
  Rng rng_;
  double lru_weight_ = 0.5;
  SlotLists lists_;
  SlotLists::List queue_;
  SlotHeap heap_;
  SlotArray<BlockKey> keys_;
  History lru_history_;
  History lfu_history_;
};

}  // namespace cleave

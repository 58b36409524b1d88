#pragma once
// Policies that rank blocks by a number: LFU, GDSF, GDSF by recompute cost, length-aware LFU.

#include "sim/kv/eviction/policy_params.h"
#include "sim/kv/eviction/recompute_cost.h"
#include "sim/kv/eviction/slot_array.h"
#include "sim/kv/eviction/slot_heap.h"

namespace cleave {

/// The block used least often since its insertion goes; among equals the least recently used.
class Lfu {
 public:
  explicit Lfu(const PolicyParams&) {}
  void hit(Slot slot, const Access& access) { heap_.change(slot, {heap_.rank(slot).score + 1, access.number}); }
  void insert(Slot slot, const Access& access) { heap_.push(slot, {1, access.number}); }
  void erase(Slot slot) { heap_.remove(slot); }
  Slot victim(const Access&) {
    const Slot slot = heap_.lowest();
    heap_.remove(slot);
    return slot;
  }

 private:
  SlotHeap heap_;
};

/// LFU that prefers to drop blocks from the ends of long prompts: among equal counts the deepest goes, then the least
/// recently used. After the length-aware cache of Qin et al., "Mooncake", arXiv 2407.00079.
class LengthAware {
 public:
  explicit LengthAware(const PolicyParams&) {}
  void hit(Slot slot, const Access& access) {
    const double count = heap_.rank(slot).score + 1;
    heap_.change(slot, {count, order(access)});
  }
  void insert(Slot slot, const Access& access) { heap_.push(slot, {1, order(access)}); }
  void erase(Slot slot) { heap_.remove(slot); }
  Slot victim(const Access&) {
    const Slot slot = heap_.lowest();
    heap_.remove(slot);
    return slot;
  }

 private:
  // Deeper is lower, then older is lower: 24 bits of depth above 40 of time.
  static std::uint64_t order(const Access& access) {
    constexpr std::uint64_t kDeepest = (1ULL << 24) - 1;
    constexpr std::uint64_t kLatest = (1ULL << 40) - 1;
    return (kDeepest - std::min<std::uint64_t>(access.depth, kDeepest)) << 40 | std::min(access.number, kLatest);
  }
  SlotHeap heap_;
};

/// Greedy-dual: a block's priority is an inflation, the priority of the last victim, plus its uses times its worth.
/// Ties: the least recently used goes. Source: Cherkasova, "Improving WWW proxies performance with
/// greedy-dual-size-frequency caching policy", HPL-98-69.
template <class Worth>
class GreedyDual {
 public:
  explicit GreedyDual(const PolicyParams& params) : worth_(params) {}
  void hit(Slot slot, const Access& access) {
    ++uses_[slot];
    heap_.change(slot, rank(slot, access));
  }
  void insert(Slot slot, const Access& access) {
    uses_.set(slot, 1);
    heap_.push(slot, rank(slot, access));
  }
  void erase(Slot slot) { heap_.remove(slot); }
  Slot victim(const Access&) {
    const Slot slot = heap_.lowest();
    inflation_ = heap_.rank(slot).score;
    heap_.remove(slot);
    return slot;
  }

 private:
  [[nodiscard]] Rank rank(Slot slot, const Access& access) const {
    return {inflation_ + static_cast<double>(uses_[slot]) * worth_(access), access.number};
  }
  Worth worth_;
  double inflation_ = 0;
  SlotArray<std::uint32_t> uses_;
  SlotHeap heap_;
};

/// Blocks of equal size and cost.
struct EqualWorth {
  explicit EqualWorth(const PolicyParams&) {}
  double operator()(const Access&) const { return 1; }
};

/// What computing the block again would cost: more the deeper it is, since attention reads all that is before it.
struct RecomputeWorth {
  explicit RecomputeWorth(const PolicyParams& params) : block_size(params.block_size) {}
  double operator()(const Access& access) const {
    return recompute_cost(block_size * (std::int64_t{access.depth} + 1)) -
           recompute_cost(block_size * std::int64_t{access.depth});
  }
  Tokens block_size;
};

using Gdsf = GreedyDual<EqualWorth>;
using CostAware = GreedyDual<RecomputeWorth>;

}  // namespace cleave

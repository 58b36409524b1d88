#pragma once
// A policy that knows which conversation a block belongs to, and which conversations are over.

#include <algorithm>
#include <cstdint>

#include "sim/kv/eviction/policy_params.h"
#include "sim/kv/eviction/slot_array.h"
#include "sim/kv/eviction/slot_heap.h"

namespace cleave {

/// Blocks that only sessions used which are over go first, those of the session that ended first before others; then
/// blocks go by the time since the last turn that used them. Of one turn the deepest goes first: without it the ones
/// before can still be found. A block that two sessions used (a system prompt) outlives both. An end is known from the
/// client's word with its last turn (as SGLang's close_session), never foreseen; sessions that were left without a word
/// age like any other. A block that came without a session is the first one's that uses it.
class SessionAware {
 public:
  explicit SessionAware(const PolicyParams&) {}
  void hit(Slot slot, const Access& access) {
    Block& block = blocks_[slot];
    if (access.session != kNoSession) {
      block.shared = block.shared || (block.session != kNoSession && block.session != access.session);
      block.session = access.session;
    }
    heap_.change(slot, rank(block, access));
  }
  void insert(Slot slot, const Access& access) {
    blocks_.set(slot, {access.session, false});
    heap_.push(slot, rank(blocks_[slot], access));
  }
  void erase(Slot slot) { heap_.remove(slot); }
  Slot victim(const Access&) {
    const Slot slot = heap_.lowest();
    heap_.remove(slot);
    return slot;
  }

 private:
  struct Block {
    std::uint32_t session = 0;
    bool shared = false;
  };
  static Rank rank(const Block& block, const Access& access) {
    constexpr double kOver = -4294967296.0;  // below every turn that is not: requests are numbered in 32 bits
    constexpr std::uint64_t kDeepest = 0xffffffffU;
    const bool over = access.closes && !block.shared;
    return {static_cast<double>(access.request) + (over ? kOver : 0), kDeepest - access.depth};
  }
  SlotArray<Block> blocks_;
  SlotHeap heap_;
};

}  // namespace cleave

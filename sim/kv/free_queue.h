#pragma once
// Blocks that nobody holds, in the order in which they are reused.

#include <cstdint>
#include <vector>

#include "sim/kv/huge_allocator.h"

namespace cleave {

/// A queue from whose middle entries leave at no cost: they stay behind, and no longer agree with the ticket that their
/// block keeps. Entries lie in a ring, so that the next ones to be reused can be fetched ahead.
/// `ticket(block)` gives a reference to what a block keeps: its entry's ticket, or kNotQueued.
class FreeQueue {
 public:
  static constexpr std::uint32_t kNotQueued = 0xffffffffU;

  FreeQueue() { clear(); }

  template <class Ticket>
  void append(std::uint32_t block, const Ticket& ticket) {
    if (tail_ - head_ > mask_ || tail_ == kNotQueued) clean(ticket);
    ring_[at(tail_)] = block;
    ticket(block) = tail_++;
  }

  /// Takes the first entry out. There must be one.
  template <class Ticket>
  std::uint32_t take(const Ticket& ticket) {
    while (ticket(ring_[at(head_)]) != head_) ++head_;
    const std::uint32_t block = ring_[at(head_++)];
    ticket(block) = kNotQueued;
    return block;
  }

  /// A block that is reused a little later; some other one where there is none.
  [[nodiscard]] std::uint32_t soon() const { return ring_[at(head_ + kAhead)]; }

  void clear() {
    resize(kInitial);
    head_ = tail_ = 0;
  }

 private:
  static constexpr std::size_t kInitial = 256;
  static constexpr std::uint32_t kAhead = 32;

  [[nodiscard]] std::size_t at(std::uint32_t position) const { return position & mask_; }

  void resize(std::size_t capacity) {
    ring_.assign(capacity, 0);
    mask_ = static_cast<std::uint32_t>(capacity - 1);
  }

  /// Keeps the entries that still count, in order, in a ring that is at most half full.
  template <class Ticket>
  void clean(const Ticket& ticket) {
    std::vector<std::uint32_t> kept;
    for (std::uint32_t p = head_; p != tail_; ++p) {
      if (ticket(ring_[at(p)]) == p) kept.push_back(ring_[at(p)]);
    }
    if (2 * kept.size() > ring_.size()) resize(4 * ring_.size());
    head_ = tail_ = 0;
    for (const std::uint32_t block : kept) {
      ring_[at(tail_)] = block;
      ticket(block) = tail_++;
    }
  }

  std::vector<std::uint32_t, HugeAllocator<std::uint32_t>> ring_;
  std::uint32_t mask_ = 0;
  std::uint32_t head_ = 0;  // positions count on; an entry's ticket is its position
  std::uint32_t tail_ = 0;
};

}  // namespace cleave

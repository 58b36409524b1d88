#pragma once
// A Bloom filter that also forgets: what a holder publishes as the digest of its keys.

#include <cmath>
#include <cstdint>
#include <vector>

#include "models/units/keys.h"

namespace cleave {

/// Positions are counted, so that a key can leave again; the answers are those of a filter built afresh from the keys
/// that are in. Source: Fan et al., "Summary cache", SIGCOMM 1998. A published filter needs one bit where this keeps a
/// counter.
class CountingBloom {
 public:
  /// For `keys` keys at `bits` bits each; bits * ln 2 hashes make the fewest false positives.
  CountingBloom(std::uint64_t keys, double bits)
      : counts_(static_cast<std::size_t>(std::ceil(static_cast<double>(keys) * bits)) + 1, 0),
        hashes_(static_cast<unsigned>(std::max(1.0, std::round(bits * 0.6931471805599453)))) {}

  void add(BlockKey key) {
    for (unsigned i = 0; i < hashes_; ++i) ++counts_[slot(key, i)];
  }
  void remove(BlockKey key) {
    for (unsigned i = 0; i < hashes_; ++i) --counts_[slot(key, i)];
  }
  [[nodiscard]] bool may_have(BlockKey key) const {
    for (unsigned i = 0; i < hashes_; ++i) {
      if (counts_[slot(key, i)] == 0) return false;
    }
    return true;
  }
  void clear() { counts_.assign(counts_.size(), 0); }
  [[nodiscard]] std::size_t published_bytes() const { return (counts_.size() + 7) / 8; }
  [[nodiscard]] std::size_t bytes() const { return counts_.capacity() * sizeof(std::uint16_t); }

 private:
  /// Double hashing: the i-th of many hashes is a + i b.
  [[nodiscard]] std::size_t slot(BlockKey key, unsigned i) const {
    const auto k = static_cast<std::uint64_t>(key);
    const std::uint64_t a = k * 0x9e3779b97f4a7c15ULL;
    const std::uint64_t b = (k ^ k >> 29) * 0xbf58476d1ce4e5b9ULL | 1;
    return static_cast<std::size_t>((a + i * b) >> 20) % counts_.size();
  }

  std::vector<std::uint16_t> counts_;
  unsigned hashes_;
};

}  // namespace cleave

#pragma once
// Hits at every capacity from one pass, for policies whose smaller caches hold a subset of their larger ones.

#include <cstdint>
#include <vector>

#include "sim/kv/eviction/block_stream.h"
#include "sim/kv/eviction/hit_tally.h"

namespace cleave {

/// A block is a hit in every cache of at least its stack distance: how many blocks were used since, itself included.
/// A leading run of n blocks needs the largest of its distances.
/// Source: Mattson et al., "Evaluation techniques for storage hierarchies", 1970; the tree of Bennett and Kruskal,
/// 1975.
class StackCurve {
 public:
  /// LRU, block by block.
  [[nodiscard]] static StackCurve lru(const BlockStream& stream);
  /// LRU of requests that use all their blocks at once, from the last to the first.
  [[nodiscard]] static StackCurve lru_by_request(const BlockStream& stream);

  /// What a replay at this capacity counts.
  [[nodiscard]] ReplayCounts at(std::size_t capacity) const;

 private:
  explicit StackCurve(const BlockStream& stream);
  void count(const BlockStream& stream, std::size_t request, const std::vector<std::uint32_t>& distances);
  void sum_up();

  // By distance; after sum_up() by capacity. Costs are kept in whole numbers, to be exact.
  struct Bin {
    std::uint64_t hits = 0;
    std::uint64_t leading = 0;
    std::uint64_t leading_tokens = 0;
    std::uint64_t leading_token_squares = 0;
  };
  std::vector<Bin> bins_;
  ReplayCounts offered_;  // hits of no cache
};

}  // namespace cleave

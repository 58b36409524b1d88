#pragma once
// About how often a key was seen of late, in a few bits for each cached block.

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "models/units/keys.h"

namespace cleave {

/// A count-min sketch of four rows with counters up to 15, all halved after ten accesses a block of capacity.
/// Source: Einziger, Friedman and Manes, "TinyLFU: a highly efficient cache admission policy", ACM TOS 2017.
class FrequencySketch {
 public:
  explicit FrequencySketch(std::size_t capacity)
      : period_(10 * capacity), mask_(std::bit_ceil(std::max<std::size_t>(4 * capacity, 64)) - 1) {
    for (auto& row : rows_) row.assign(mask_ + 1, 0);
  }

  void add(BlockKey key) {
    // Only the lowest counters grow: the others are too high already.
    const std::uint8_t least = estimate(key);
    if (least < kMost) {
      for (std::size_t row = 0; row < kRows; ++row) {
        std::uint8_t& count = rows_[row][place(key, row)];
        if (count == least) ++count;
      }
    }
    if (++added_ >= period_) halve();
  }

  /// Never below the truth since the last halvings, apart from the cap.
  [[nodiscard]] std::uint8_t estimate(BlockKey key) const {
    std::uint8_t least = kMost;
    for (std::size_t row = 0; row < kRows; ++row) least = std::min(least, rows_[row][place(key, row)]);
    return least;
  }

 private:
  static constexpr std::size_t kRows = 4;
  static constexpr std::uint8_t kMost = 15;
  static constexpr std::array<std::uint64_t, kRows> kSeeds = {0xc3a5c85c97cb3127ULL, 0xb492b66fbe98f273ULL,
                                                              0x9ae16a3b2f90404fULL, 0xcbf29ce484222325ULL};

  [[nodiscard]] std::size_t place(BlockKey key, std::size_t row) const {
    const std::uint64_t mixed = (static_cast<std::uint64_t>(key) + kSeeds[row]) * kSeeds[row];
    return static_cast<std::size_t>((mixed ^ mixed >> 32) * kSeeds[row] >> 24) & mask_;
  }
  void halve() {
    for (auto& row : rows_) {
      for (std::uint8_t& count : row) count = static_cast<std::uint8_t>(count / 2);
    }
    added_ /= 2;
  }

  std::size_t period_;
  std::size_t added_ = 0;
  std::size_t mask_;
  std::array<std::vector<std::uint8_t>, kRows> rows_;
};

}  // namespace cleave

#pragma once
// Page tables of random order, as an engine that has run for a while has them.

#include <cstdint>
#include <utility>
#include <vector>

namespace cleave::bench {

/// The pages 0..count-1 in an order that is random and the same every time.
[[nodiscard]] inline std::vector<int> shuffled_pages(std::size_t count) {
  std::vector<int> pages(count);
  for (std::size_t i = 0; i < count; ++i) pages[i] = static_cast<int>(i);
  std::uint64_t state = 88172645463325252ULL;
  for (std::size_t i = count; i > 1; --i) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    std::swap(pages[i - 1], pages[state % i]);
  }
  return pages;
}

}  // namespace cleave::bench

// Arrays on huge pages.
#include "sim/kv/huge_allocator.h"

#include <catch2/catch.hpp>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <random>

using namespace cleave;

namespace {

using Array = std::vector<int, HugeAllocator<int>>;

}  // namespace

TEST_CASE("pieces of huge pages never overlap, whatever is taken and given back") {
  HugePages pages;
  std::mt19937 draw{1};
  std::map<std::byte*, std::size_t> held;
  for (int step = 0; step < 2'000; ++step) {
    if (held.empty() || draw() % 3 != 0) {
      const std::size_t bytes = HugePages::kLeast + draw() % (3 * HugePages::kPage / 2);
      auto* memory = static_cast<std::byte*>(pages.take(bytes));
      const auto after = held.lower_bound(memory);
      REQUIRE((after == held.end() || memory + bytes <= after->first));
      REQUIRE((after == held.begin() || std::prev(after)->first + std::prev(after)->second <= memory));
      memory[0] = memory[bytes - 1] = std::byte{1};
      held[memory] = bytes;
      if (held.size() < 20) continue;
    }
    const auto gone = std::next(held.begin(), static_cast<std::ptrdiff_t>(draw() % held.size()));
    pages.give_back(gone->first, gone->second);
    held.erase(gone);
  }
  for (const auto& [memory, bytes] : held) pages.give_back(memory, bytes);  // whole pages are freed by that
}

TEST_CASE("what is given back is handed out again") {
  HugePages pages;
  void* first = pages.take(HugePages::kLeast + 1);
  pages.give_back(first, HugePages::kLeast + 1);
  CHECK(pages.take(2 * HugePages::kLeast) == first);  // a piece of the same size
}

TEST_CASE("a piece has the size that was asked for, up to twice it") {
  HugePages pages;
  auto* first = static_cast<std::byte*>(pages.take(HugePages::kLeast));
  auto* second = static_cast<std::byte*>(pages.take(HugePages::kLeast));
  CHECK(std::abs(second - first) == static_cast<std::ptrdiff_t>(HugePages::kLeast));
  auto* third = static_cast<std::byte*>(pages.take(HugePages::kLeast + 1));
  CHECK(third - std::min(first, second) == static_cast<std::ptrdiff_t>(2 * HugePages::kLeast));
}

TEST_CASE("values that fill lines of memory begin at one, in small arrays and large ones") {
  struct alignas(64) Line {
    std::byte bytes[320];
  };
  for (const std::size_t count : {1, 3, 100, 1'000, 100'000}) {
    const std::vector<Line, HugeAllocator<Line>> lines(count);
    CAPTURE(count);
    CHECK(reinterpret_cast<std::uintptr_t>(lines.data()) % 64 == 0);
  }
}

TEST_CASE("an array expects all of its values once an eighth of them is there") {
  Array values;
  grow_towards(values, 1, 1'000);
  CHECK(values.capacity() == 0);
  grow_towards(values, 125, 1'000);
  CHECK(values.capacity() == 1'000);
  Array large;
  grow_towards(large, 1'000'000, 1'000'000);  // may never be filled, so it doubles like any other
  CHECK(large.capacity() == 0);
}

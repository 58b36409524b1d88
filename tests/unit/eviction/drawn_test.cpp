// Policies that draw, and the prefix tree's order.
#include <cmath>
#include <map>

#include "sim/kv/eviction/policies/drawn.h"
#include "sim/kv/eviction/policies/leaf_lru.h"
#include "tests/unit/eviction/streams.h"

using namespace cleave;
using namespace cleave::test;

namespace {

Access look_up(std::uint64_t key, std::uint64_t number) {
  Access access;
  access.key = BlockKey{key};
  access.number = number;
  return access;
}

}  // namespace

TEST_CASE("random eviction drops each of ten blocks equally often") {
  std::map<std::uint64_t, int> dropped;
  constexpr int kRuns = 5000;
  for (std::uint64_t seed = 0; seed < kRuns; ++seed) {
    PolicyParams params;
    params.seed = seed;
    BlockCache<RandomEviction> cache(10, RandomEviction{params});
    for (std::uint64_t key = 0; key < 11; ++key) cache.access(look_up(key, key));
    for (std::uint64_t key = 0; key < 10; ++key) dropped[key] += cache.contains(BlockKey{key}) ? 0 : 1;
  }
  double chi_squared = 0;
  for (const auto& [key, times] : dropped) chi_squared += std::pow(times - kRuns / 10.0, 2) / (kRuns / 10.0);
  CHECK(chi_squared < 27.9);  // nine degrees of freedom: one time in a thousand
}

TEST_CASE("hyperbolic eviction drops the fewest uses per access of its life, not the fewest uses") {
  BlockCache<Hyperbolic> cache(3, Hyperbolic{PolicyParams{}});
  for (std::uint64_t i = 0; i < 3; ++i) cache.access(look_up(0, i));  // three uses in 103 accesses
  cache.access(look_up(1, 70));                                       // one use in 33
  cache.access(look_up(2, 80));                                       // two uses in 23
  cache.access(look_up(2, 81));
  cache.access(look_up(3, 103));
  CHECK(!cache.contains(BlockKey{0}));
  CHECK(cache.contains(BlockKey{1}));
  CHECK(cache.contains(BlockKey{2}));
}

TEST_CASE("hits follow the better expert: LeCaR beats LRU where frequency tells, and LFU where recency does") {
  Draws draws(4);
  BlockStream scans;  // ten hot blocks between blocks that seldom return
  for (int i = 0; i < 20'000; ++i) add_request(scans, {draws.below(3) == 0 ? draws.below(10) : 10 + draws.below(2000)});
  BlockStream phases;  // the hot blocks change now and then
  for (std::uint32_t i = 0; i < 20'000; ++i) add_request(phases, {i / 500 * 8 + i * 7919 % 12});
  const auto hits = [](std::string_view policy, const BlockStream& stream) {
    return static_cast<double>(replay(policy, stream, 16).counts.hits);
  };
  CHECK(hits("lecar", scans) > 1.2 * hits("lru", scans));
  CHECK(hits("lecar", phases) > 10 * hits("lfu", phases));
}

TEST_CASE("what the leaf order holds always contains each block's parent, within the capacity") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const BlockStream stream = tree_stream(seed, 200, 9);
    BlockCache<LeafLru> cache(15, LeafLru{PolicyParams{}});
    std::map<std::uint32_t, std::uint32_t> parents;
    for (std::size_t r = 0; r < stream.requests(); ++r) {
      const auto blocks = stream.request(r);
      Access access;
      for (std::uint32_t i = 0; i < blocks.size(); ++i) {
        access = look_up(blocks[i], 0);
        access.request = static_cast<std::uint32_t>(r);
        access.depth = i;
        cache.touch(access);
        if (i > 0) parents[blocks[i]] = blocks[i - 1];
      }
      cache.trim(access);
      REQUIRE(cache.size() <= 15);
      for (const auto& [block, parent] : parents) {
        if (cache.contains(BlockKey{block})) REQUIRE(cache.contains(BlockKey{parent}));
      }
    }
  }
}

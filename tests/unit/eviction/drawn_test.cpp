// Policies that draw, and the prefix tree's order.
#include <array>
#include <cmath>
#include <map>

#include "sim/kv/eviction/policies/drawn.h"
#include "sim/kv/eviction/policies/leaf_lru.h"
#include "sim/kv/eviction/policies/lhd.h"
#include "sim/kv/eviction/policies/session_aware.h"
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

TEST_CASE("hit densities are those of their definition: hits to come over time to come") {
  HitDensities learnt;
  Draws draws(8);
  std::array<std::array<double, HitDensities::kAges>, 2> hits{};
  std::array<std::array<double, HitDensities::kAges>, 2> drops{};
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 3000; ++i) {
      const std::size_t cls = draws.below(2);
      const std::size_t age = draws.below(cls == 0 ? 40 : 200);
      const bool hit = draws.below(3) > 0;
      hit ? learnt.hit(cls, age) : learnt.dropped(cls, age);
      (hit ? hits : drops)[cls][age] += 1;
    }
    learnt.learn();
    for (std::size_t cls = 0; cls < 2; ++cls) {
      for (std::size_t age = 0; age < (cls == 0 ? 40U : 200U); ++age) {
        double to_come = 0;
        double time = 0;
        for (std::size_t end = age; end < HitDensities::kAges; ++end) {
          to_come += hits[cls][end];
          time += (hits[cls][end] + drops[cls][end]) * static_cast<double>(end - age + 1);
        }
        if (time > 0) REQUIRE(learnt.at(cls, age) == Approx(to_come / time).epsilon(1e-9));
      }
      for (std::size_t age = 0; age < HitDensities::kAges; ++age) {
        hits[cls][age] *= 0.9;
        drops[cls][age] *= 0.9;
      }
    }
  }
}

TEST_CASE("hit density keeps what returns and lets scans go, where LRU keeps the scan") {
  Draws draws(6);
  BlockStream stream;  // 24 blocks that return, between 60 % that never do
  for (std::uint32_t i = 0; i < 60'000; ++i) add_request(stream, {draws.below(5) < 2 ? draws.below(24) : 100 + i});
  const auto hits = [&](std::string_view policy) {
    return static_cast<double>(replay(policy, stream, 32).counts.hits);
  };
  CHECK(hits("lhd") > 1.25 * hits("lru"));
  CHECK(hits("lhd") > 0.9 * 0.4 * 60'000);
}

TEST_CASE("blocks of sessions that are over go before those of sessions that may go on, but not what they share") {
  BlockCache<SessionAware> cache(6, SessionAware{PolicyParams{}});
  const auto turn = [&](std::uint32_t request, std::uint32_t session, bool closes, std::vector<std::uint64_t> keys) {
    for (std::uint32_t i = 0; i < keys.size(); ++i) {
      Access access = look_up(keys[i], 0);
      access.request = request;
      access.depth = i;
      access.session = session;
      access.closes = closes;
      cache.access(access);
    }
  };
  const auto there = [&](std::uint64_t key) { return cache.contains(BlockKey{key}); };
  turn(0, 0, false, {1, 10, 11});  // 1: a system prompt
  turn(1, 1, false, {1, 20, 21});
  turn(2, 1, true, {1, 20, 21, 22});  // session 1 is over
  turn(3, 2, false, {1, 30});
  CHECK_FALSE(there(22));  // of what is over, from the end
  CHECK(there(21));
  turn(4, 2, false, {1, 30, 31, 32});
  CHECK_FALSE(there(21));
  CHECK_FALSE(there(20));
  CHECK((there(1) && there(10) && there(11)));  // session 0 is older but may go on
  turn(5, 2, false, {1, 30, 31, 32, 33});
  CHECK_FALSE(there(11));  // now the turn longest ago, the deepest block first
  CHECK(there(10));
  CHECK(there(1));
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

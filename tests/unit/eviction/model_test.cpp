// Each policy against its naive twin: same hits, same content, also when blocks are taken out by somebody else.
#include <memory>

#include "sim/kv/eviction/block_cache.h"
#include "sim/kv/eviction/policies/arc.h"
#include "sim/kv/eviction/policies/belady.h"
#include "sim/kv/eviction/policies/lists.h"
#include "sim/kv/eviction/policies/scored.h"
#include "sim/kv/eviction/policies/segments.h"
#include "sim/kv/eviction/policies/session_aware.h"
#include "sim/kv/eviction/policies/w_tiny_lfu.h"
#include "tests/unit/eviction/naive_queues.h"
#include "tests/unit/eviction/streams.h"

using namespace cleave;
using namespace cleave::test;

namespace {

constexpr std::uint32_t kBlocks = 70;

template <class Policy, class Naive>
void drive_both(std::uint64_t seed, std::size_t capacity) {
  const BlockStream stream = flat_stream(seed, 1500, kBlocks);
  const std::vector<NextUse> future = next_uses(stream);
  PolicyParams params;
  params.capacity = capacity;
  params.ttl = std::chrono::seconds{40};
  params.next_uses = future;
  BlockCache<Policy> cache(capacity, Policy{params});
  Naive naive(params);
  Draws draws(seed + 1000);
  for (std::size_t i = 0; i < stream.blocks.size(); ++i) {
    CAPTURE(seed, capacity, i);
    const std::uint32_t block = stream.blocks[i];
    Access access{BlockKey{block}, i, static_cast<std::uint32_t>(i), block % 7, stream.arrivals[i]};
    access.session = static_cast<std::uint32_t>(i) / 3 % 11;
    access.closes = i % 5 == 0;
    REQUIRE(cache.access(access) == naive.access(access));
    REQUIRE(cache.size() == naive.size());
    REQUIRE(cache.size() <= capacity);
    if (draws.below(8) == 0) {
      const std::uint32_t gone = draws.below(kBlocks);
      REQUIRE(cache.erase(BlockKey{gone}) == naive.contains(gone));
      naive.erase(gone);
    }
  }
  for (std::uint32_t block = 0; block < kBlocks; ++block) {
    REQUIRE(cache.contains(BlockKey{block}) == naive.contains(block));
  }
}

template <class Policy, class Naive>
void compare() {
  for (const std::size_t capacity : {1, 2, 3, 4, 7, 10, 13, 21, 40}) {
    for (std::uint64_t seed = 0; seed < 4; ++seed) drive_both<Policy, Naive>(seed, capacity);
  }
}

}  // namespace

TEST_CASE("policies of one queue agree with their naive twins") {
  compare<Fifo, NaiveQueue>();
  compare<Lru, NaiveLru>();
  compare<TtlLru, NaiveTtl>();
  compare<Clock<1>, NaiveClock<1>>();
  compare<Clock<3>, NaiveClock<3>>();
  compare<Sieve, NaiveSieve>();
}

TEST_CASE("policies of several queues agree with their naive twins") {
  compare<Slru, NaiveSlru>();
  compare<TwoQ, NaiveTwoQ>();
  compare<S3Fifo, NaiveS3Fifo>();
  compare<Arc, NaiveArc>();
  compare<WTinyLfu, NaiveWTinyLfu>();
}

TEST_CASE("policies that rank blocks agree with their naive twins") {
  compare<Lfu, NaiveLfu>();
  compare<LengthAware, NaiveLengthAware>();
  compare<Gdsf, NaiveGdsf>();
  compare<CostAware, NaiveCostAware>();
  compare<SessionAware, NaiveSessionAware>();
  compare<Belady, NaiveBelady>();
  compare<BeladyBypass, NaiveBypass>();
}

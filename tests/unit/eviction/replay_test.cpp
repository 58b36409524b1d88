// Counts and orders, worked by hand.
#include "sim/kv/eviction/policies/lists.h"
#include "sim/kv/eviction/policies/scored.h"
#include "tests/unit/eviction/streams.h"

using namespace cleave;
using namespace cleave::test;

namespace {

Access look_up(std::uint64_t key, std::uint64_t number, std::uint32_t depth = 0) {
  Access access;
  access.key = BlockKey{key};
  access.number = number;
  access.depth = depth;
  return access;
}

}  // namespace

TEST_CASE("a leading run ends at the first miss, its tokens at the prompt's end, its costs grow with depth") {
  BlockStream stream;
  add_request(stream, {0, 1, 2});
  add_request(stream, {0, 1, 2});     // all hit: 3 * 512 - 100 tokens
  add_request(stream, {0, 3, 1, 2});  // a miss behind the first block
  const ReplayResult result = replay("lru", stream, 10);
  CHECK(result.counts.accesses == 10);
  CHECK(result.counts.hits == 6);
  CHECK(result.counts.leading_run_hits == 4);
  CHECK(result.counts.leading_run_tokens == Tokens{1436 + 512});
  CHECK(result.counts.leading_run_cost == Approx(1436 + 512 + (1436.0 * 1436 + 512.0 * 512) / 100'000));
  CHECK(result.counts.input == Tokens{2 * 1436 + 1948});
}

TEST_CASE("vLLM's order drops the end of the oldest prompt first, plain LRU its beginning") {
  BlockStream stream;
  add_request(stream, {0, 1, 2});
  add_request(stream, {3});
  add_request(stream, {0, 1, 2});
  CHECK(replay("lru-b", stream, 3).counts.leading_run_hits == 2);
  CHECK(replay("lru", stream, 3).counts.leading_run_hits == 0);
}

TEST_CASE("a prompt longer than the cache leaves its first blocks there") {
  BlockStream stream;
  add_request(stream, {0, 1, 2, 3, 4});
  add_request(stream, {0, 1, 2, 3, 4});
  CHECK(replay("lru-b", stream, 3).counts.leading_run_hits == 3);
  CHECK(replay("leaf-lru", stream, 3).counts.leading_run_hits == 3);
  CHECK(replay("lru", stream, 3).counts.leading_run_hits == 0);
}

TEST_CASE("a block that a time to live has passed over is a miss, one used at its last instant is not") {
  BlockStream stream;
  add_request(stream, {0});
  add_request(stream, {0});
  add_request(stream, {0, 1});
  stream.arrivals = {kStartOfTime, kStartOfTime + std::chrono::seconds{300},
                     kStartOfTime + std::chrono::seconds{600} + Duration{1}};
  CHECK(replay("ttl", stream, 10).counts.hits == 1);
  CHECK(replay("lru", stream, 10).counts.hits == 2);
}

TEST_CASE("when recomputing costs more the deeper a block is, the shallow one of two alike goes") {
  PolicyParams params;
  params.capacity = 2;
  BlockCache<CostAware> cache(2, CostAware{params});
  cache.access(look_up(1, 0, 200));
  cache.access(look_up(2, 1, 3));
  cache.access(look_up(3, 2, 100));
  CHECK(cache.contains(BlockKey{1}));
  CHECK(!cache.contains(BlockKey{2}));
  BlockCache<LengthAware> other(2, LengthAware{params});
  other.access(look_up(1, 0, 200));
  other.access(look_up(2, 1, 3));
  other.access(look_up(3, 2, 100));
  CHECK(!other.contains(BlockKey{1}));
  CHECK(other.contains(BlockKey{2}));
}

TEST_CASE("each access knows the next look-up of its block") {
  BlockStream stream;
  add_request(stream, {0, 1});
  add_request(stream, {0, 2, 1});
  CHECK(next_uses(stream) == std::vector<NextUse>{2, 4, kNeverUsed, kNeverUsed, kNeverUsed});
}

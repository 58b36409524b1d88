#include "sim/kv/block_pool.h"

#include <catch2/catch.hpp>

using namespace cleave;

namespace {

std::vector<BlockKey> keys(std::initializer_list<std::uint64_t> names) {
  std::vector<BlockKey> out;
  for (const auto name : names) out.push_back(BlockKey{name});
  return out;
}

/// Takes blocks, fills them with `content` and lets go of them.
void cache(BlockPool& pool, const std::vector<BlockKey>& content) {
  std::vector<BlockId> blocks;
  REQUIRE(pool.allocate(static_cast<std::int64_t>(content.size()), blocks));
  pool.publish(blocks, 0, content, content.size());
  pool.release(blocks);
}

}  // namespace

TEST_CASE("a failed allocation leaves the pool unchanged") {
  BlockPool pool{{4, true}};
  std::vector<BlockId> held;
  REQUIRE(pool.allocate(3, held));
  std::vector<BlockId> more;
  CHECK_FALSE(pool.allocate(2, more));
  CHECK(more.empty());
  CHECK(pool.free_blocks() == 1);
  CHECK(pool.used_blocks() == 3);
  pool.check_consistency();
}

TEST_CASE("content without a holder is found until its block is reused") {
  BlockPool pool{{4, true}};
  cache(pool, keys({1, 2, 3}));
  CHECK(pool.match(keys({1, 2, 3, 4})) == 3);
  CHECK(pool.idle_among(keys({1, 2, 3})) == 3);
  CHECK(pool.idle_cached_blocks() == 3);
  std::vector<BlockId> held;
  pool.acquire(keys({1, 2}), held);
  CHECK(pool.used_blocks() == 2);
  CHECK(pool.idle_among(keys({1, 2, 3})) == 1);
  pool.release(held);
  pool.check_consistency();
}

TEST_CASE("the end of a sequence is reused before its beginning, and the oldest sequence first") {
  BlockPool pool{{6, true}};
  cache(pool, keys({1, 2, 3}));
  cache(pool, keys({11, 12, 13}));
  std::vector<BlockId> held;
  REQUIRE(pool.allocate(1, held));
  CHECK(pool.match(keys({1, 2, 3})) == 2);
  REQUIRE(pool.allocate(2, held));
  CHECK(pool.match(keys({1})) == 0);
  CHECK(pool.match(keys({11, 12, 13})) == 3);
  REQUIRE(pool.allocate(1, held));
  CHECK(pool.match(keys({11, 12, 13})) == 2);
  CHECK(pool.counters().evicted == 4);
}

TEST_CASE("a hit renews: blocks taken and given back are the last to be reused") {
  BlockPool pool{{4, true}};
  cache(pool, keys({1, 2}));
  cache(pool, keys({11, 12}));
  std::vector<BlockId> held;
  pool.acquire(keys({1, 2}), held);
  pool.release(held);
  REQUIRE(pool.allocate(2, held));
  CHECK(pool.match(keys({11})) == 0);
  CHECK(pool.match(keys({1, 2})) == 2);
}

TEST_CASE("blocks of equal content coexist, and content lasts as long as one of them") {
  BlockPool pool{{3, true}};
  cache(pool, keys({7}));
  std::vector<BlockId> second;
  REQUIRE(pool.allocate(1, second));
  pool.publish(second, 0, keys({7}), 1);
  std::vector<BlockId> third;
  REQUIRE(pool.allocate(1, third));
  pool.publish(third, 0, keys({7}), 1);
  std::vector<BlockId> reused;
  REQUIRE(pool.allocate(1, reused));  // the first holder of 7 goes
  CHECK(pool.match(keys({7})) == 1);
  pool.release(third);
  REQUIRE(pool.allocate(1, reused));
  CHECK(pool.match(keys({7})) == 1);
  pool.release(second);
  REQUIRE(pool.allocate(1, reused));
  CHECK(pool.match(keys({7})) == 0);
  pool.check_consistency();
}

TEST_CASE(
    "of a holder's own blocks those are pinned that their keys lead to, of the others the ones of equal content") {
  BlockPool pool{{4, true}};
  std::vector<BlockId> first;
  REQUIRE(pool.allocate(1, first));
  const BlockId seven = first[0];
  pool.publish(first, 0, keys({7}), 1);
  pool.release(first);
  std::vector<BlockId> own;
  REQUIRE(pool.allocate(2, own));
  pool.publish(own, 0, keys({7, 8}), 2);  // a duplicate, and what follows it
  std::vector<BlockId> pinned;
  SECTION("while the first of that content is there") {
    pool.pin_own(keys({7, 8}), own, pinned);
    CHECK(pinned == std::vector<BlockId>{seven, own[1]});
    CHECK(pool.used_blocks() == 3);
    CHECK(pool.idle_cached_blocks() == 0);
  }
  SECTION("when the duplicate has taken its place") {
    std::vector<BlockId> more;
    REQUIRE(pool.allocate(2, more));  // a fresh block, and the first one of that content
    pool.pin_own(keys({7, 8}), own, pinned);
    CHECK(pinned == own);
    pool.release(more);
  }
  SECTION("also content behind what is its own") {
    pool.pin_own(keys({7, 8}), std::span{own}.first(1), pinned);
    CHECK(pinned == std::vector<BlockId>{seven, own[1]});
  }
  const std::int64_t references = pool.references();
  pool.release(own);
  CHECK(pool.match(keys({7, 8})) == 2);
  CHECK(pool.references() == references - 2);
  pool.release(pinned);
  CHECK(pool.used_blocks() == 0);
  CHECK(pool.match(keys({7, 8})) == 2);
  pool.check_consistency();
}

TEST_CASE("unlimited memory never forgets content") {
  BlockPool pool{{std::nullopt, true}};
  for (std::uint64_t i = 0; i < 100; ++i) cache(pool, keys({2 * i, 2 * i + 1}));
  CHECK(pool.counters().evicted == 0);
  for (std::uint64_t i = 0; i < 100; ++i) CHECK(pool.match(keys({2 * i, 2 * i + 1})) == 2);
  pool.check_consistency();
}

TEST_CASE("without prefix caching nothing is found") {
  BlockPool pool{{4, false}};
  cache(pool, keys({1, 2}));
  CHECK(pool.match(keys({1, 2})) == 0);
  CHECK(pool.idle_cached_blocks() == 0);
}

TEST_CASE("a crash forgets everything") {
  BlockPool pool{{4, true}};
  cache(pool, keys({1, 2}));
  std::vector<BlockId> held;
  REQUIRE(pool.allocate(2, held));
  pool.clear();
  CHECK(pool.match(keys({1})) == 0);
  CHECK(pool.free_blocks() == 4);
  pool.check_consistency();
}

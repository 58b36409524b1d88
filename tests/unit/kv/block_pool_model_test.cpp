// The pool against a naive model of the same rules: a list for the free queue, a scan for every look-up.
#include <algorithm>
#include <catch2/catch.hpp>
#include <list>
#include <map>

#include "sim/kv/block_pool.h"

using namespace cleave;

namespace {

struct NaivePool {
  struct Block {
    std::optional<std::uint64_t> key;
    int holders = 0;
  };
  std::vector<Block> blocks;
  std::list<std::size_t> free;  // front is reused next

  explicit NaivePool(std::size_t count) : blocks(count) {
    for (std::size_t i = 0; i < count; ++i) free.push_back(i);
  }
  bool cached(std::uint64_t key) const {
    return std::any_of(blocks.begin(), blocks.end(), [&](const Block& b) { return b.key == key; });
  }
  std::vector<std::uint64_t> content() const {
    std::vector<std::uint64_t> keys;
    for (const Block& b : blocks) {
      if (b.key) keys.push_back(*b.key);
    }
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    return keys;
  }
};

}  // namespace

TEST_CASE("ten thousand random operations find and forget the same content as a naive model") {
  const std::size_t count = 40;
  BlockPool pool{{static_cast<std::int64_t>(count), true}};
  NaivePool naive{count};
  struct Stay {
    std::vector<BlockId> real;
    std::vector<std::size_t> model;
  };
  std::vector<Stay> stays;
  std::uint64_t state = 99;
  const auto draw = [&state](std::uint64_t n) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (state >> 33) % n;
  };
  for (int step = 0; step < 10000; ++step) {
    if (draw(2) == 0 || stays.empty()) {
      // A sequence of chained keys: hits first, then new blocks for the rest, all sealed.
      const std::uint64_t root = 100 * draw(12);
      std::vector<BlockKey> keys;
      for (std::uint64_t i = 0; i < 1 + draw(8); ++i) keys.push_back(BlockKey{root + i});
      const std::size_t hits = pool.match(keys);
      std::size_t expected = 0;
      while (expected < keys.size() && naive.cached(static_cast<std::uint64_t>(keys[expected]))) ++expected;
      REQUIRE(hits == expected);
      Stay stay;
      const std::span<const BlockKey> cached = std::span{keys}.first(hits);
      const auto missing = static_cast<std::int64_t>(keys.size() - hits);
      if (missing + pool.idle_among(cached) > pool.free_blocks()) continue;
      pool.acquire(cached, stay.real);
      REQUIRE(pool.allocate(missing, stay.real));
      for (std::size_t i = 0; i < hits; ++i) {
        // The model takes the block that the pool took: which of several equal ones is held is the pool's choice.
        const std::size_t index = stay.real[i].index();
        REQUIRE(naive.blocks[index].key == static_cast<std::uint64_t>(keys[i]));
        if (naive.blocks[index].holders++ == 0) naive.free.remove(index);
        stay.model.push_back(index);
      }
      for (std::size_t i = hits; i < keys.size(); ++i) {
        const std::size_t index = naive.free.front();
        naive.free.pop_front();
        REQUIRE(stay.real[i].index() == index);
        naive.blocks[index] = {static_cast<std::uint64_t>(keys[i]), 1};
        stay.model.push_back(index);
      }
      pool.publish(stay.real, hits, keys, keys.size());
      stays.push_back(std::move(stay));
    } else {
      const std::size_t which = draw(stays.size());
      for (auto it = stays[which].model.rbegin(); it != stays[which].model.rend(); ++it) {
        if (--naive.blocks[*it].holders == 0) naive.free.push_back(*it);
      }
      pool.release(stays[which].real);
      stays.erase(stays.begin() + static_cast<std::ptrdiff_t>(which));
    }
    REQUIRE(pool.free_blocks() == static_cast<std::int64_t>(naive.free.size()));
    if (step % 100 == 0) {
      pool.check_consistency();
      for (const std::uint64_t key : naive.content()) {
        // The end of a chain is reused before its beginning: whatever is there has all that comes before it.
        std::vector<BlockKey> chain;
        for (std::uint64_t k = key / 100 * 100; k <= key; ++k) chain.push_back(BlockKey{k});
        REQUIRE(pool.match(chain) == chain.size());
      }
    }
  }
  CHECK(pool.counters().evicted > 1000);
}

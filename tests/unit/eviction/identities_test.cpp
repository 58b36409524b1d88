// Three identities of prefix caching, on random prefix trees.
#include <algorithm>
#include <bit>
#include <map>

#include "tests/unit/eviction/streams.h"

using namespace cleave;
using namespace cleave::test;

namespace {

/// The most leading-run hits that any prefix cache can have: a search over everything it could hold after each request.
/// What it holds always contains every block's parent, and comes from what it held and the request just served.
class BestPrefixCache {
 public:
  BestPrefixCache(const BlockStream& stream, std::size_t capacity) : stream_(stream), capacity_(capacity) {
    parents_.resize(stream.unique, 0);
    for (std::size_t r = 0; r < stream.requests(); ++r) {
      const auto blocks = stream.request(r);
      for (std::size_t i = 1; i < blocks.size(); ++i) parents_[blocks[i]] = 1U << blocks[i - 1];
    }
  }

  std::uint64_t hits() {
    std::map<std::uint32_t, std::uint64_t> best = {{0, 0}};  // by set of blocks held
    for (std::size_t r = 0; r < stream_.requests(); ++r) best = serve(r, best);
    std::uint64_t most = 0;
    for (const auto& [held, hits] : best) most = std::max(most, hits);
    return most;
  }

 private:
  std::map<std::uint32_t, std::uint64_t> serve(std::size_t request,
                                               const std::map<std::uint32_t, std::uint64_t>& best) {
    const auto blocks = stream_.request(request);
    std::uint32_t asked = 0;
    for (const std::uint32_t block : blocks) asked |= 1U << block;
    std::map<std::uint32_t, std::uint64_t> after;
    for (const auto& [held, hits] : best) {
      std::uint64_t run = 0;
      while (run < blocks.size() && (held >> blocks[run] & 1) != 0) ++run;
      const std::uint32_t offered = held | asked;
      for (std::uint32_t kept = offered;; kept = (kept - 1) & offered) {
        if (allowed(kept)) after[kept] = std::max(after[kept], hits + run);
        if (kept == 0) break;
      }
    }
    return after;
  }
  bool allowed(std::uint32_t held) const {
    if (static_cast<std::size_t>(std::popcount(held)) > capacity_) return false;
    for (std::uint32_t left = held; left != 0; left &= left - 1) {
      const std::uint32_t parent = parents_[static_cast<std::size_t>(std::countr_zero(left))];
      if ((held & parent) != parent) return false;
    }
    return true;
  }

  const BlockStream& stream_;
  std::size_t capacity_;
  std::vector<std::uint32_t> parents_;  // as a set of one block or none
};

}  // namespace

TEST_CASE("vLLM's order of freeing gives every request the run that evicting only leaves gives it") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const BlockStream stream = tree_stream(seed, 400, 12);
    for (const std::size_t capacity : {1, 2, 5, 9, 20, 60, 150}) {
      CAPTURE(seed, capacity);
      const ReplayResult freed = replay("lru-b", stream, capacity);
      REQUIRE(freed == replay("leaf-lru", stream, capacity));
      REQUIRE(freed.counts.hits == freed.counts.leading_run_hits);
    }
  }
}

TEST_CASE("every hit of an LRU over chained blocks is part of a leading run") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const BlockStream stream = tree_stream(seed, 400, 12);
    for (const std::size_t capacity : {1, 3, 9, 20, 60, 150}) {
      CAPTURE(seed, capacity);
      const ReplayCounts counts = replay("lru", stream, capacity).counts;
      REQUIRE(counts.leading_run_hits == counts.hits);
    }
  }
}

TEST_CASE("no prefix cache has more leading-run hits than Belady with bypass, and that has them all in leading runs") {
  int tried = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const BlockStream stream = tree_stream(seed, 10, 4);
    if (stream.unique > 10) continue;
    ++tried;
    for (std::size_t capacity = 1; capacity <= 6; ++capacity) {
      CAPTURE(seed, capacity);
      const ReplayCounts counts = replay("belady-bypass", stream, capacity).counts;
      REQUIRE(counts.leading_run_hits == counts.hits);
      REQUIRE(counts.hits == BestPrefixCache(stream, capacity).hits());
    }
  }
  CHECK(tried > 10);
}

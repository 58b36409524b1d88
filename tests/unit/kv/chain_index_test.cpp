// The chain index against a plain set of (holder, key), and its sizes.
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "sim/core/rng.h"
#include "sim/kv/index/chain_index.h"

using namespace cleave;

namespace {

/// Keys that chain what is before them: the same tokens give the same keys.
std::vector<BlockKey> chain(std::uint64_t tokens_seed, std::size_t blocks, std::span<const BlockKey> before = {}) {
  std::vector<BlockKey> keys(before.begin(), before.end());
  std::uint64_t key = keys.empty() ? 0x1234 : static_cast<std::uint64_t>(keys.back());
  for (std::size_t i = 0; i < blocks; ++i) {
    key = (key ^ (tokens_seed + i)) * 0x9e3779b97f4a7c15ULL;
    key ^= key >> 31;
    keys.push_back(BlockKey{key});
  }
  return keys;
}

/// What the index should say, the slow way.
struct Naive {
  std::set<std::pair<std::uint32_t, BlockKey>> held;
  [[nodiscard]] std::size_t match(std::span<const BlockKey> keys, HolderId holder) const {
    std::size_t n = 0;
    while (n < keys.size() && held.contains({holder.value(), keys[n]})) ++n;
    return n;
  }
};

}  // namespace

TEST_CASE("the longest leading run of each holder is found, wherever chains branch") {
  ChainIndex index;
  const auto trunk = chain(1, 40);
  const auto left = chain(2, 30, std::span{trunk}.first(17));
  const auto right = chain(3, 100, trunk);
  index.insert(trunk, HolderId{0}, Layer::truth);
  index.insert(left, HolderId{1}, Layer::truth);
  index.insert(right, HolderId{2}, Layer::truth);
  CHECK(index.match(trunk, HolderId{0}, Layer::truth) == 40);
  CHECK(index.match(trunk, HolderId{1}, Layer::truth) == 17);
  CHECK(index.match(right, HolderId{0}, Layer::truth) == 40);
  CHECK(index.match(right, HolderId{2}, Layer::truth) == 140);
  CHECK(index.match(left, HolderId{2}, Layer::truth) == 17);
  CHECK(index.match(left, HolderId{2}, Layer::believed) == 0);
  std::vector<std::uint32_t> all(3);
  index.match_all(right, Layer::truth, all);
  CHECK(all == std::vector<std::uint32_t>{40, 17, 140});
  index.check_consistency();
}

TEST_CASE("a chain with a hole is matched up to the hole, and again when it is filled") {
  ChainIndex index;
  const auto keys = chain(4, 70);
  index.insert(keys, HolderId{0}, Layer::truth);
  std::optional<ChainPosition> at;
  std::vector<ChainPosition> places;
  for (const BlockKey key : keys) places.push_back(*(at = index.place(at, key)));
  index.clear(Layer::truth, HolderId{0}, places[33]);
  CHECK(index.match(keys, HolderId{0}, Layer::truth) == 33);
  CHECK_FALSE(index.has(Layer::truth, HolderId{0}, places[33]));
  index.set(Layer::truth, HolderId{0}, index.place(places[32], keys[33]));
  CHECK(index.match(keys, HolderId{0}, Layer::truth) == 70);
}

TEST_CASE("nothing is left of what everybody forgot, unless someone pinned it") {
  ChainIndex index;
  const auto keys = chain(5, 64);
  index.insert(keys, HolderId{7}, Layer::believed);
  const ChainPosition first = index.place(std::nullopt, keys[0]);
  index.pin(first);
  index.clear_layer(Layer::believed, HolderId{7});
  CHECK(index.nodes() == 1);
  CHECK(index.key(first) == keys[0]);
  index.unpin(first);
  CHECK(index.nodes() == 0);
  CHECK(index.copies(Layer::believed) == 0);
  index.check_consistency();
}

TEST_CASE("twenty thousand random operations leave what a plain set has") {
  Rng rng = RngBook{3}.stream("chain index");
  ChainIndex index;
  Naive naive;
  std::vector<std::vector<BlockKey>> prompts;
  std::map<BlockKey, std::optional<BlockKey>> parent;
  for (int i = 0; i < 60; ++i) {
    std::span<const BlockKey> before;
    if (!prompts.empty() && uniform01(rng) < 0.8) {
      const auto& from = prompts[uniform_below(rng, prompts.size())];
      before = std::span{from}.first(uniform_below(rng, from.size() + 1));
    }
    prompts.push_back(chain(1000 + static_cast<std::uint64_t>(i), 1 + uniform_below(rng, 50), before));
  }
  std::map<std::pair<std::uint32_t, BlockKey>, ChainPosition> places;
  for (int step = 0; step < 20'000; ++step) {
    const auto& prompt = prompts[uniform_below(rng, prompts.size())];
    const HolderId holder{uniform_below(rng, 5)};
    const std::uint64_t what = uniform_below(rng, 10);
    if (what < 2) {  // a whole prompt at once
      index.insert(prompt, holder, Layer::truth);
      for (const BlockKey key : prompt) naive.held.insert({holder.value(), key});
      std::optional<ChainPosition> at;
      for (const BlockKey key : prompt) places[{holder.value(), key}] = *(at = index.place(at, key));
    } else if (what < 5) {  // block by block, from the first
      std::optional<ChainPosition> at;
      for (std::size_t i = 0; i < uniform_below(rng, prompt.size()); ++i) {
        at = index.place(at, prompt[i]);
        index.set(Layer::truth, holder, *at);
        naive.held.insert({holder.value(), prompt[i]});
        places[{holder.value(), prompt[i]}] = *at;
      }
    } else if (what < 9 && !naive.held.empty()) {  // one that is held goes
      auto victim = naive.held.lower_bound({holder.value(), prompt[uniform_below(rng, prompt.size())]});
      if (victim == naive.held.end()) continue;
      index.clear(Layer::truth, HolderId{victim->first}, places.at(*victim));
      naive.held.erase(victim);
    } else if (uniform_below(rng, 40) == 0) {
      index.clear_layer(Layer::truth, holder);
      std::erase_if(naive.held, [&](const auto& copy) { return copy.first == holder.value(); });
    }
    std::vector<std::uint32_t> all(5);
    index.match_all(prompt, Layer::truth, all);
    for (std::uint32_t h = 0; h < 5; ++h) {
      REQUIRE(all[h] == naive.match(prompt, HolderId{h}));
      REQUIRE(index.match(prompt, HolderId{h}, Layer::truth) == all[h]);
    }
    REQUIRE(index.copies(Layer::truth) == naive.held.size());
    if (step % 500 == 0) index.check_consistency();
  }
}

TEST_CASE("a cached block costs at most 64 bytes, for long prompts and for turns of sessions") {
  Rng rng = RngBook{4}.stream("sizes");
  ChainIndex index;
  for (std::uint64_t i = 0; i < 200; ++i) index.insert(chain(i * 1'000'000, 8192), HolderId{i % 8}, Layer::believed);
  CHECK(static_cast<double>(index.bytes()) / static_cast<double>(index.copies(Layer::believed)) < 64);
  ChainIndex turns;
  for (std::uint64_t s = 0; s < 3000; ++s) {
    std::vector<BlockKey> keys = chain(s * 1'000'000, 40);
    for (std::uint64_t turn = 1; turn < 8; ++turn) {
      keys = chain(s * 1'000'000 + turn * 1000, 10 + uniform_below(rng, 60), keys);
      turns.insert(keys, HolderId{s % 8}, Layer::believed);
    }
  }
  CHECK(static_cast<double>(turns.bytes()) / static_cast<double>(turns.copies(Layer::believed)) < 64);
}

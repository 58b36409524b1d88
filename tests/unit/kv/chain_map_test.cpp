// The map of chains: keys that stand beside each other, come again, part and are given up.
#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <unordered_map>
#include <vector>

#include "sim/kv/chain_map.h"

using namespace cleave;

namespace {

using TestId = Id<struct ChainMapTestTag>;

/// A map, and who holds which key as part of which chain.
struct Owned {
  [[nodiscard]] auto held() const {
    return [this](std::uint32_t id) { return id < holders.size() ? holders[id] : std::nullopt; };
  }
  void start_again() {
    map.start_again(held(), [this](const auto& put) {
      for (std::uint32_t i = 0; i < holders.size(); ++i) {
        if (holders[i]) put(*holders[i], TestId{i});
      }
    });
  }
  /// Whom number `i` of a chain leads to; where nobody, it leads to `id` from now on.
  std::optional<TestId> find_or_set(std::span<const BlockKey> chain, std::size_t i, std::uint32_t id) {
    if (map.full()) start_again();
    const auto found = map.find_to_put({chain, i}, chain[i], held());
    if (found.at == nullptr) return found.id;
    hold(id, {chain[i], {chain, i}});
    map.put(found.at, TestId{id});
    return std::nullopt;
  }
  [[nodiscard]] std::optional<TestId> find(std::span<const BlockKey> chain, std::size_t i) const {
    return map.find({chain, i}, chain[i], held());
  }
  void hold(std::uint32_t id, const PlacedKey& what) {
    if (id >= holders.size()) holders.resize(id + 1);
    holders[id] = what;
  }
  ChainMap<TestId> map;
  std::vector<std::optional<PlacedKey>> holders;
};

/// Chain `name`: the first `shared` keys are those of every chain, the others its own.
std::vector<BlockKey> chain_of(std::uint64_t name, std::size_t shared, std::size_t length) {
  std::vector<BlockKey> keys;
  for (std::size_t i = 0; i < length; ++i) {
    const std::uint64_t who = i < shared ? 0 : name + 1;
    keys.push_back(BlockKey{(who * 0x9e3779b97f4a7c15ULL + i + 1) * 0xbf58476d1ce4e5b9ULL});
  }
  return keys;
}

/// Keys that begin chains of their own, in lines of one name.
std::vector<BlockKey> keys_of_one_line(std::uint64_t count) {
  // The hash is an odd factor's upper bits: a step of its inverse changes only lower ones.
  constexpr std::uint64_t kFactor = 0x9e3779b97f4a7c15ULL;
  std::uint64_t inverse = kFactor;
  for (int bits = 3; bits < 64; bits *= 2) inverse *= 2 - kFactor * inverse;
  std::vector<BlockKey> keys;
  for (std::uint64_t i = 0; i < count; ++i) keys.push_back(BlockKey{i * inverse});
  return keys;
}

std::span<const BlockKey> alone(const BlockKey& key) {
  return {&key, 1};
}

}  // namespace

TEST_CASE("any sequence of puts and losses leaves what a plain map has, wherever chains part") {
  const bool holds = rc::check("the map of chains against std::unordered_map", [] {
    struct Step {
      std::uint64_t chain;
      std::size_t i;
      std::uint32_t id;
    };
    const auto shared = *rc::gen::inRange<std::size_t>(0, 16);
    const auto one_line = keys_of_one_line(4);
    // The last chains have keys whose own lines have one name: at their beginning, or where they part.
    const auto chain = [&](std::uint64_t name) {
      if (name < 12) return chain_of(name, shared, 24);
      const std::size_t at = name < 14 ? 0 : 3;
      auto keys = chain_of(name, at, 24);
      keys[at] = one_line[name - 12];
      return keys;
    };
    const auto steps =
        *rc::gen::scale(8.0, rc::gen::container<std::vector<Step>>(rc::gen::construct<Step>(
                                 rc::gen::inRange<std::uint64_t>(0, 16), rc::gen::inRange<std::size_t>(0, 24),
                                 rc::gen::inRange<std::uint32_t>(0, 200))));
    Owned owned;
    std::unordered_map<std::uint64_t, std::uint32_t> plain;
    for (const Step& step : steps) {
      const auto keys = chain(step.chain);
      const auto key = static_cast<std::uint64_t>(keys[step.i]);
      if (const auto had = owned.held()(step.id)) {
        plain.erase(static_cast<std::uint64_t>(had->key));
        owned.holders[step.id].reset();
      }
      const auto found = owned.find_or_set(keys, step.i, step.id);
      const auto [known, fresh] = plain.try_emplace(key, step.id);
      RC_ASSERT(found.has_value() == !fresh);
      if (found) RC_ASSERT(found->value() == known->second);
    }
    if (*rc::gen::arbitrary<bool>()) owned.start_again();
    for (std::uint64_t name = 0; name < 16; ++name) {
      const auto keys = chain(name);
      for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto found = owned.find(keys, i);
        const auto known = plain.find(static_cast<std::uint64_t>(keys[i]));
        RC_ASSERT(found.has_value() == (known != plain.end()));
        if (found) RC_ASSERT(found->value() == known->second);
      }
    }
  });
  CHECK(holds);
}

TEST_CASE("a key leads to the one that was set first") {
  Owned owned;
  const auto keys = chain_of(5, 0, 10);
  CHECK_FALSE(owned.find(keys, 8));
  CHECK_FALSE(owned.find_or_set(keys, 8, 3));
  CHECK(owned.find_or_set(keys, 8, 4) == TestId{3});
  CHECK(owned.find(keys, 8) == TestId{3});
  CHECK_FALSE(owned.find(keys, 7));
  CHECK(owned.map.size() == 1);
}

TEST_CASE("keys are told apart though the names of their lines are equal") {
  const auto keys = keys_of_one_line(6);
  for (const BlockKey key : keys) REQUIRE(ChainPlace(key) == ChainPlace(keys[0]));
  Owned owned;
  for (std::uint32_t i = 0; i < 5; ++i) CHECK_FALSE(owned.find_or_set(alone(keys[i]), 0, i));
  for (std::uint32_t i = 0; i < 5; ++i) CHECK(owned.find_or_set(alone(keys[i]), 0, 9) == TestId{i});
  CHECK_FALSE(owned.find(alone(keys[5]), 0));
}

TEST_CASE("an id that does not hold any more is overwritten, so the map does not grow") {
  const auto keys = chain_of(1, 2, 4);
  const auto parted = chain_of(2, 2, 4);
  Owned owned;
  CHECK_FALSE(owned.find_or_set(keys, 3, 0));
  SECTION("nothing leads to it") {
    owned.holders[0].reset();
  }
  SECTION("a key of another place leads to it") {
    owned.hold(0, {BlockKey{78}, ChainPlace{BlockKey{78}}});
  }
  const std::size_t before = owned.map.size();
  CHECK_FALSE(owned.find_or_set(parted, 3, 1));
  CHECK(owned.map.size() == before);
  CHECK(owned.find(parted, 3) == TestId{1});
  CHECK_FALSE(owned.find(keys, 3));
}

TEST_CASE("an id that holds another key of the same place by now is still found by it") {
  Owned owned;
  std::vector<std::vector<BlockKey>> chains;
  for (std::uint64_t name = 0; name < 3; ++name) chains.push_back(chain_of(name, 2, 4));
  CHECK_FALSE(owned.find_or_set(chains[0], 3, 0));
  owned.hold(0, {chains[1][3], {chains[1], 3}});
  CHECK_FALSE(owned.find_or_set(chains[2], 3, 2));
  CHECK(owned.find(chains[1], 3) == TestId{0});
  CHECK(owned.find(chains[2], 3) == TestId{2});
}

TEST_CASE("a key that parted is found, and not set a second time, when its place is free again") {
  const auto keys = chain_of(1, 2, 4);
  const auto parted = chain_of(2, 2, 4);
  Owned owned;
  CHECK_FALSE(owned.find_or_set(keys, 3, 0));
  CHECK_FALSE(owned.find_or_set(parted, 3, 1));
  owned.holders[0].reset();
  CHECK(owned.find_or_set(parted, 3, 5) == TestId{1});
  const std::size_t before = owned.map.size();
  CHECK_FALSE(owned.find_or_set(keys, 3, 0));
  CHECK(owned.map.size() == before);
  owned.holders[1].reset();
  CHECK_FALSE(owned.find(parted, 3));
  CHECK(owned.find(keys, 3) == TestId{0});
}

TEST_CASE("a map that was started again has what holds, and room for as much again") {
  Owned owned;
  std::uint32_t set = 0;
  std::vector<BlockKey> keys;
  for (; !owned.map.full(); ++set) {
    keys.push_back(BlockKey{set * 0xbf58476d1ce4e5b9ULL + 1});
    CHECK_FALSE(owned.find_or_set(alone(keys[set]), 0, set));
  }
  owned.start_again();
  for (std::uint32_t i = 0; i < set; ++i) CHECK(owned.find(alone(keys[i]), 0) == TestId{i});
  for (std::uint32_t i = 0; i < set; ++i) {
    REQUIRE_FALSE(owned.map.full());
    const BlockKey more{(set + i) * 0xbf58476d1ce4e5b9ULL + 1};
    CHECK_FALSE(owned.find_or_set(alone(more), 0, set + i));
  }
  owned.map.clear();
  CHECK(owned.map.size() == 0);
  CHECK_FALSE(owned.find(alone(keys[0]), 0));
}

TEST_CASE("a hundred thousand keys that part in one line are found as fast as any") {
  // Were they all to stand in line, putting them would take ten thousand million looks, and this test minutes.
  Owned owned;
  constexpr std::uint32_t kChains = 100'000;
  for (std::uint32_t name = 0; name < kChains; ++name) {
    REQUIRE_FALSE(owned.find_or_set(chain_of(name, 3, 4), 3, name));
  }
  for (std::uint32_t name = 0; name < kChains; name += 17) {
    REQUIRE(owned.find(chain_of(name, 3, 4), 3) == TestId{name});
  }
}

TEST_CASE("a key has one place, whoever asks, and seven that follow each other share a line") {
  const std::vector<BlockKey> keys = chain_of(5, 0, 40);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    CHECK(ChainPlace(std::span{keys}.first(i + 1), i) == ChainPlace(keys, i));
    CHECK(ChainPlace(keys, i).line() == ChainPlace(keys, i / ChainPlace::kKeys * ChainPlace::kKeys).line());
    CHECK(ChainPlace(keys, i).offset() == i % ChainPlace::kKeys);
  }
  CHECK(ChainPlace(keys[0]) == ChainPlace(keys, 0));
}

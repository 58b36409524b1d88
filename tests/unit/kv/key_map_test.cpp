// The map from keys to blocks, whose owner says which entries still hold.

#include "sim/kv/key_map.h"

#include <catch2/catch.hpp>
#include <map>

using namespace cleave;

namespace {

/// The key whose hash has `tag` as its upper half and `rest` as its lower one.
BlockKey key_of(std::uint32_t tag, std::uint32_t rest) {
  constexpr std::uint64_t kFactor = 0x9e3779b97f4a7c15ULL;
  std::uint64_t inverse = kFactor;
  for (int bits = 3; bits < 64; bits *= 2) inverse *= 2 - kFactor * inverse;
  return BlockKey{(std::uint64_t{tag} << 32 | rest) * inverse};
}

/// A map and the owner's knowledge: the key that leads to each block.
struct Owned {
  [[nodiscard]] auto key_at() const {
    return [this](std::uint32_t block) {
      const auto key = leads.find(block);
      return key == leads.end() ? std::nullopt : std::optional{key->second};
    };
  }
  std::optional<BlockId> find_or_set(BlockKey key, std::uint32_t block) {
    const auto found = map.find_or_set(key, BlockId{block}, key_at());
    if (!found) leads[block] = key;
    return found;
  }
  [[nodiscard]] std::optional<BlockId> find(BlockKey key) const { return map.find(key, key_at()); }
  KeyMap map;
  std::map<std::uint32_t, BlockKey> leads;
};

}  // namespace

TEST_CASE("a key leads to the block that was set first") {
  Owned owned;
  const BlockKey key{42};
  CHECK_FALSE(owned.find(key));
  CHECK_FALSE(owned.find_or_set(key, 3));
  CHECK(owned.find_or_set(key, 4) == BlockId{3});
  CHECK(owned.find(key) == BlockId{3});
  CHECK(owned.map.size() == 1);
}

TEST_CASE("keys of one tag are told apart") {
  REQUIRE(KeyMap::tag_of(key_of(77, 1)) == 77);
  Owned owned;
  for (std::uint32_t i = 0; i < 5; ++i) CHECK_FALSE(owned.find_or_set(key_of(77, i), i));
  for (std::uint32_t i = 0; i < 5; ++i) CHECK(owned.find_or_set(key_of(77, i), 9) == BlockId{i});
  CHECK_FALSE(owned.find(key_of(77, 5)));
  CHECK(owned.map.size() == 5);
}

TEST_CASE("an entry that does not hold any more is overwritten, so the map does not grow") {
  Owned owned;
  CHECK_FALSE(owned.find_or_set(key_of(77, 0), 0));
  SECTION("no key leads to its block") {
    owned.leads.erase(0);
  }
  SECTION("a key of another tag leads to its block") {
    owned.leads[0] = key_of(78, 0);
    CHECK_FALSE(owned.map.find_or_set(key_of(78, 0), BlockId{0}, owned.key_at()));
  }
  const std::size_t before = owned.map.size();
  CHECK_FALSE(owned.find_or_set(key_of(77, 1), 1));
  CHECK(owned.map.size() == before);
  CHECK(owned.find(key_of(77, 1)) == BlockId{1});
  CHECK_FALSE(owned.find(key_of(77, 0)));
}

TEST_CASE("an entry whose block has another key of the same tag by now still leads to it") {
  Owned owned;
  CHECK_FALSE(owned.find_or_set(key_of(77, 0), 0));
  owned.leads[0] = key_of(77, 1);
  CHECK_FALSE(owned.find_or_set(key_of(77, 2), 2));
  CHECK(owned.map.size() == 2);
  CHECK(owned.find(key_of(77, 1)) == BlockId{0});
  CHECK(owned.find(key_of(77, 2)) == BlockId{2});
}

TEST_CASE("a key behind an entry that does not hold any more is found, and not set a second time") {
  Owned owned;
  CHECK_FALSE(owned.find_or_set(key_of(77, 0), 0));
  CHECK_FALSE(owned.find_or_set(key_of(77, 1), 1));
  owned.leads.erase(0);
  CHECK(owned.find_or_set(key_of(77, 1), 5) == BlockId{1});
  owned.leads.erase(1);
  CHECK_FALSE(owned.find(key_of(77, 1)));
}

TEST_CASE("a map that was started again is empty, and has room for as many more as were expected") {
  Owned owned;
  for (std::uint32_t i = 0; !owned.map.full(); ++i) CHECK_FALSE(owned.find_or_set(BlockKey{i}, i));
  const std::size_t held = owned.map.size();
  owned.map.restart(2 * held);
  CHECK(owned.map.size() == 0);
  CHECK_FALSE(owned.find(BlockKey{0}));
  owned.leads.clear();
  std::uint32_t set = 0;
  for (; !owned.map.full(); ++set) CHECK_FALSE(owned.find_or_set(BlockKey{set}, set));
  CHECK(set >= 2 * held);
  for (std::uint32_t i = 0; i < set; ++i) CHECK(owned.find(BlockKey{i}) == BlockId{i});
}

// What policies are made of.
#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <vector>

#include "sim/kv/eviction/ghosts.h"
#include "sim/kv/eviction/policies/frequency_sketch.h"
#include "sim/kv/eviction/recompute_cost.h"
#include "sim/kv/eviction/slot_heap.h"
#include "sim/kv/eviction/slot_lists.h"
#include "tests/unit/eviction/streams.h"

using namespace cleave;
using namespace cleave::test;

TEST_CASE("keys and slots find each other through a hundred thousand random insertions and removals") {
  Draws draws(1);
  KeyTable table;
  std::map<std::uint64_t, std::uint32_t> model;
  for (int step = 0; step < 100'000; ++step) {
    // Multiples of 2^32 collide in the lower half of a weak hash.
    const std::uint64_t name = std::uint64_t{draws.below(3000)} << (draws.below(2) * 32);
    const BlockKey key{name};
    const auto slot = table.find(key);
    REQUIRE(slot.has_value() == model.contains(name));
    if (slot) {
      REQUIRE(slot->value() == model[name]);
      REQUIRE(table.key(*slot) == key);
      table.erase(*slot);
      model.erase(name);
    } else {
      model[name] = table.insert(key).value();
    }
    REQUIRE(table.size() == model.size());
  }
  std::set<std::uint32_t> slots;
  for (const auto& [name, slot] : model) {
    REQUIRE(table.find(BlockKey{name})->value() == slot);
    slots.insert(slot);
  }
  CHECK(slots.size() == model.size());
}

TEST_CASE("the oldest of a list become its newest, in their order, whatever else comes and goes") {
  Draws draws(4);
  SlotLists lists;
  SlotLists::List list;
  std::vector<std::uint32_t> model;  // from the oldest to the newest
  for (int step = 0; step < 20'000; ++step) {
    const std::uint32_t slot = draws.below(40);
    const auto known = std::find(model.begin(), model.end(), slot);
    if (known == model.end()) {
      lists.push_head(list, Slot{slot});
      model.push_back(slot);
    } else if (draws.below(2) == 0) {
      lists.remove(list, Slot{slot});
      model.erase(known);
    } else if (model.size() > 1) {  // down to a single one that stays
      const std::uint32_t count = 1 + draws.below(static_cast<std::uint32_t>(model.size()) - 1);
      lists.renew_tails(list, Slot{model[count - 1]});
      std::rotate(model.begin(), model.begin() + count, model.end());
    }
    std::vector<Slot> oldest(model.size());
    REQUIRE(lists.tails(list, oldest) == model.size());
    REQUIRE(list.size() == model.size());
    for (std::size_t i = 0; i < model.size(); ++i) REQUIRE(oldest[i].value() == model[i]);
    for (std::size_t i = 0; i < model.size(); ++i) {
      const auto newer = lists.newer(oldest[i]);
      REQUIRE((newer ? newer->value() == model[i + 1] : i + 1 == model.size()));
    }
  }
}

TEST_CASE("a heap names the lowest rank while ranks change and slots leave from anywhere") {
  Draws draws(2);
  SlotHeap heap;
  std::map<std::uint32_t, Rank> model;
  for (int step = 0; step < 30'000; ++step) {
    const std::uint32_t slot = draws.below(200);
    const Rank rank{static_cast<double>(draws.below(20)), draws.below(1'000'000)};
    if (!model.contains(slot)) {
      heap.push(Slot{slot}, rank);
      model[slot] = rank;
    } else if (draws.below(3) == 0) {
      heap.remove(Slot{slot});
      model.erase(slot);
    } else {
      heap.change(Slot{slot}, rank);
      model[slot] = rank;
    }
    REQUIRE(heap.size() == model.size());
    if (model.empty()) continue;
    const auto least =
        std::min_element(model.begin(), model.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    REQUIRE(heap.rank(heap.lowest()) == least->second);
    REQUIRE(model.at(heap.lowest().value()) == least->second);
  }
}

TEST_CASE("ghosts are forgotten oldest first, and never exceed their limit") {
  Ghosts ghosts;
  for (std::uint64_t name = 0; name < 5; ++name) ghosts.push_bounded(BlockKey{name}, 3);
  CHECK(ghosts.size() == 3);
  CHECK(!ghosts.remove(BlockKey{1}));
  CHECK(ghosts.remove(BlockKey{3}));
  ghosts.push_bounded(BlockKey{3}, 3);
  ghosts.push_bounded(BlockKey{9}, 3);
  CHECK(!ghosts.find(BlockKey{2}));
  CHECK(ghosts.find(BlockKey{4}));
  ghosts.push_bounded(BlockKey{10}, 0);
  CHECK(!ghosts.find(BlockKey{10}));
}

TEST_CASE("the sketch never counts too little before it halves, and seldom too much") {
  FrequencySketch sketch(1000);
  Draws draws(3);
  std::map<std::uint32_t, int> seen;
  for (int i = 0; i < 9000; ++i) {
    const std::uint32_t key = draws.below(3000);
    sketch.add(BlockKey{key});
    ++seen[key];
  }
  int too_much = 0;
  for (const auto& [key, count] : seen) {
    REQUIRE(sketch.estimate(BlockKey{key}) >= std::min(count, 15));
    if (sketch.estimate(BlockKey{key}) > count) ++too_much;
  }
  CHECK(too_much < 140);
  const int before = sketch.estimate(BlockKey{7});
  for (int i = 0; i < 1000; ++i) sketch.add(BlockKey{1'000'000});
  CHECK(sketch.estimate(BlockKey{7}) == before / 2);
}

TEST_CASE("a checksum is zlib's, also of data that comes in pieces") {
  constexpr std::string_view kText = "123456789";
  Crc32 whole;
  Crc32 pieces;
  std::vector<std::uint8_t> bytes(kText.begin(), kText.end());
  whole.add(std::span<const std::uint8_t>(bytes));
  pieces.add(std::uint32_t{0x34333231});
  pieces.add(std::span<const std::uint8_t>(bytes).subspan(4));
  CHECK(whole.value() == 0xcbf43926U);
  CHECK(pieces.value() == whole.value());
}

TEST_CASE("attention doubles what a token costs at fifty thousand tokens") {
  CHECK(recompute_cost(Tokens{0}) == 0);
  CHECK(recompute_cost(Tokens{100'000}) == 200'000);
  CHECK(recompute_cost(Tokens{50'001}) - recompute_cost(Tokens{50'000}) == Approx(2).epsilon(1e-4));
}

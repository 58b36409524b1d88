// Storage for things that come and go.

#include "models/units/slot_pool.h"

#include <catch2/catch.hpp>
#include <deque>
#include <string>

namespace cleave {
namespace {

TEST_CASE("slots are named from 0 on, and the one released last is taken first") {
  SlotPool<int> pool;
  CHECK(pool.take() == 0);
  CHECK(pool.take() == 1);
  CHECK(pool.take() == 2);
  pool.release(0);
  pool.release(2);
  CHECK(pool.live() == 1);
  CHECK(pool.slots() == 3);
  CHECK(pool.take() == 2);
  CHECK(pool.take() == 0);
  CHECK(pool.take() == 3);
  CHECK(pool.live() == 4);
}

TEST_CASE("a released slot keeps what it held, and its storage") {
  SlotPool<std::vector<int>> pool;
  const std::uint32_t slot = pool.take();
  pool[slot].assign(1000, 7);
  const int* const storage = pool[slot].data();
  pool.release(slot);
  REQUIRE(pool.take() == slot);
  CHECK(pool[slot].size() == 1000);
  pool[slot].clear();
  pool[slot].push_back(8);
  CHECK(pool[slot].data() == storage);
}

TEST_CASE("a loop meets every slot, taken or released") {
  SlotPool<std::string> pool;
  for (const char* text : {"a", "b", "c"}) pool[pool.take()] = text;
  pool.release(1);
  std::string met;
  for (const std::string& text : pool) met += text;
  CHECK(met == "abc");
}

TEST_CASE("in a deque a slot stays where it is while others are taken") {
  SlotPool<int, std::deque<int>> pool;
  int& first = pool[pool.take()];
  first = 5;
  for (int i = 0; i < 1000; ++i) pool[pool.take()] = i;
  CHECK(&first == &pool[0]);
  CHECK(first == 5);
}

}  // namespace
}  // namespace cleave

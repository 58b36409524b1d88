// Where computing from the front and loading from the back meet.
#include "sim/cluster/load_choice.h"

#include <catch2/catch.hpp>

using namespace cleave;
using namespace std::chrono_literals;

namespace {

/// A step takes 2 ms and 1 ms a block.
Duration compute(std::size_t from, std::size_t until) {
  return from == until ? Duration{0} : 2ms + 1ms * static_cast<std::int64_t>(until - from);
}

/// The load takes 10 ms and `each` a block, of 100.
BringTime load_of(Duration each) {
  return [each](std::size_t block) { return 10ms + each * static_cast<std::int64_t>(100 - block); };
}

}  // namespace

TEST_CASE("they meet where both would be at the same time") {
  // 2 + m = 10 + 100 - m at m = 54.
  CHECK(meeting_block({0, 100, 1000}, compute, load_of(1ms)) == 54);
  CHECK(time_to_meet({0, 100, 1000}, compute, load_of(1ms)) == 56ms);
}

TEST_CASE("in short steps they meet at the same place, later by each step's own time") {
  // Steps of 20 blocks end at 22 and 44 ms; then 2 + m = 10 + 100 - 40 - m - 44 leaves 12: until 58 ms.
  CHECK(meeting_block({0, 100, 20}, compute, load_of(1ms)) == 20);
  CHECK(time_to_meet({0, 100, 20}, compute, load_of(1ms)) == 58ms);
}

TEST_CASE("where the load is there sooner than one block is computed, nothing is computed") {
  CHECK(meeting_block({0, 100, 1000}, compute, [](std::size_t) { return 2ms; }) == 0);
  CHECK(time_to_meet({0, 100, 1000}, compute, [](std::size_t) { return 2ms; }) == 2ms);
}

TEST_CASE("meeting is never later than loading everything") {
  for (const Duration each : {10us, 100us, 1000us, 10'000us}) {
    for (const std::size_t step : {1, 7, 16, 1000}) {
      INFO(each.count() << " ns, steps of " << step);
      CHECK(time_to_meet({0, 100, step}, compute, load_of(each)) <= load_of(each)(0));
    }
  }
}

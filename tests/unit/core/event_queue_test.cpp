#include "sim/core/event_queue.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

using namespace cleave;

namespace {
TimePoint at_ns(std::int64_t ns) {
  return TimePoint{Duration{ns}};
}
}  // namespace

TEST_CASE("events run by time, then phase, then rank, then order of arming") {
  EventQueue queue;
  std::vector<int> ran;
  const auto push = [&](std::int64_t time, Phase phase, std::uint32_t rank, int name) {
    queue.push(at_ns(time), {phase, rank}, [&ran, name] { ran.push_back(name); });
  };
  push(5, Phase::step, 2, 6);
  push(5, Phase::step, 1, 4);
  push(5, Phase::step, 1, 5);
  push(5, Phase::arrival, 0, 3);
  push(4, Phase::observe, 9, 1);
  push(5, Phase::fault, 0, 2);
  push(6, Phase::fault, 0, 7);
  while (queue.next_time()) queue.pop().fn();
  CHECK(ran == std::vector<int>{1, 2, 3, 4, 5, 6, 7});
}

TEST_CASE("a cancelled event never runs, and a stale id cancels nothing") {
  EventQueue queue;
  int ran = 0;
  const EventId first = queue.push(at_ns(1), {Phase::step}, [&] { ran += 1; });
  queue.cancel(first);
  queue.push(at_ns(2), {Phase::step}, [&] { ran += 10; });  // takes the freed slot
  queue.cancel(first);
  queue.cancel(EventId{});
  REQUIRE(queue.size() == 1);
  while (queue.next_time()) queue.pop().fn();
  CHECK(ran == 10);
}

TEST_CASE("thousands of random pushes and cancellations come out in order") {
  EventQueue queue;
  std::uint64_t state = 7;
  const auto draw = [&state](std::uint64_t n) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (state >> 33) % n;
  };
  std::vector<EventId> ids;
  std::size_t cancelled = 0;
  for (int i = 0; i < 20000; ++i) {
    ids.push_back(queue.push(at_ns(static_cast<std::int64_t>(draw(1000))), {Phase::step}, [] {}));
    if (draw(10) < 8) {
      const std::size_t victim = draw(ids.size());
      const std::size_t before = queue.size();
      queue.cancel(ids[victim]);
      cancelled += before - queue.size();
    }
  }
  CHECK(queue.size() == 20000 - cancelled);
  TimePoint last{};
  std::size_t popped = 0;
  while (queue.next_time()) {
    const auto event = queue.pop();
    REQUIRE(event.time >= last);
    last = event.time;
    ++popped;
  }
  CHECK(popped == 20000 - cancelled);
}

#include "sim/validation/replay.h"

#include <catch2/catch.hpp>

namespace cleave {
namespace {

constexpr TimePoint at(std::int64_t ms) {
  return kStartOfTime + std::chrono::milliseconds{ms};
}

ReplayPiece text(std::uint64_t segment, std::uint32_t begin, std::uint32_t length) {
  return {{SegmentId::given(segment), begin, length}, {}};
}

Request next(Workload& workload) {
  Request request;
  workload.emit(request);
  return request;
}

void finish(Workload& workload, const Request& request, TimePoint time) {
  workload.finished({request.id, request.session, request.turn, Outcome::completed, time});
}

TEST_CASE("requests of an open loop leave at their times, whatever became of the others") {
  ReplayPlan plan;
  plan.sessions.push_back(single_request(at(7), {text(1, 0, 10)}, Tokens{3}, 0));
  plan.sessions.push_back(single_request(at(5), {text(2, 0, 20)}, Tokens{4}, 1));
  std::vector<std::uint32_t> rows;
  const auto workload = make_replay(plan, &rows);
  CHECK(workload->expected_requests() == 2);
  CHECK(workload->next_arrival() == at(5));
  const Request first = next(*workload);
  CHECK(first.input == Tokens{20});
  CHECK(first.output == Tokens{4});
  CHECK(workload->next_arrival() == at(7));
  (void)next(*workload);
  CHECK_FALSE(workload->next_arrival());
  CHECK(rows == std::vector<std::uint32_t>{1, 0});
}

TEST_CASE("a later turn waits for the answer and its pause, and cites the answer's own tokens") {
  ReplayPlan plan;
  ReplaySession session;
  session.start = at(0);
  session.turns.push_back({{text(9, 0, 10)}, Tokens{5}, Duration{}, 0});
  session.turns.push_back(
      {{text(9, 0, 10), {{{}, 0, 5}, 0}, text(9, 10, 2)}, Tokens{5}, std::chrono::milliseconds{4}, 1});
  plan.sessions.push_back(session);
  const auto workload = make_replay(plan, nullptr);
  const Request first = next(*workload);
  CHECK_FALSE(workload->next_arrival());
  finish(*workload, first, at(100));
  REQUIRE(workload->next_arrival() == at(104));
  const Request second = next(*workload);
  CHECK(second.turn == 1);
  CHECK(second.input == Tokens{17});
  REQUIRE(second.prompt.size() == 3);
  CHECK(second.prompt[1].segment == SegmentId::output_of(first.id));
  CHECK(second.prompt[1].length == 5);
}

TEST_CASE("in a closed loop whoever is free first takes the next conversation") {
  ReplayPlan plan;
  for (int i = 0; i < 2; ++i) plan.sessions.push_back(single_request(at(i), {text(1, 0, 1)}, Tokens{1}, 0));
  for (std::uint32_t i = 2; i < 4; ++i) {
    ReplaySession waiting;
    waiting.turns.push_back({{text(1, 0, 1)}, Tokens{1}, std::chrono::milliseconds{1}, i});
    plan.sessions.push_back(waiting);
  }
  std::vector<std::uint32_t> rows;
  const auto workload = make_replay(plan, &rows);
  const Request a = next(*workload);
  const Request b = next(*workload);
  CHECK_FALSE(workload->next_arrival());
  finish(*workload, b, at(10));
  CHECK(workload->next_arrival() == at(11));
  const Request c = next(*workload);
  CHECK(rows.back() == 2);
  finish(*workload, a, at(20));
  CHECK(workload->next_arrival() == at(21));
  (void)next(*workload);
  CHECK(rows.back() == 3);
  finish(*workload, c, at(30));
  CHECK_FALSE(workload->next_arrival());
}

}  // namespace
}  // namespace cleave

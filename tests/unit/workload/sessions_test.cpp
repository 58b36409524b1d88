#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <set>

#include "tests/unit/workload/drive.h"

using namespace cleave;
using namespace cleave::test;
using namespace std::chrono_literals;

namespace {

// One session a second, of `turns` turns, 100 + 50 tokens and answers of 20, with gaps of exactly 10 s.
SyntheticParams chat(std::int64_t turns, std::uint64_t requests) {
  SyntheticParams params;
  params.arrivals = DeterministicArrivals{RequestsPerSecond{1.0}};
  params.input = FixedLength{Tokens{100}};
  params.output = FixedLength{Tokens{20}};
  params.requests = requests;
  params.session = SessionParams{};
  params.session->turns = FixedLength{Tokens{turns}};
  params.session->new_tokens = FixedLength{Tokens{50}};
  params.session->think_time = 10s;
  params.session->exponential_gaps = false;
  return params;
}

std::map<std::uint32_t, std::vector<Request>> by_session(const std::vector<Request>& requests) {
  std::map<std::uint32_t, std::vector<Request>> result;
  for (const Request& r : requests) result[r.session.value()].push_back(r);
  return result;
}

bool begins_with(const std::vector<Span>& prompt, const std::vector<Span>& head) {
  return prompt.size() >= head.size() && std::equal(head.begin(), head.end(), prompt.begin());
}

}  // namespace

TEST_CASE("a later turn is the earlier prompt, its answer, and new text, one gap after the answer") {
  const auto sessions = by_session(drive(*workload_of(chat(4, 200)), 2s));
  REQUIRE(sessions.size() >= 10);
  const auto& turns = sessions.at(0);
  REQUIRE(turns.size() == 4);
  for (std::size_t i = 0; i < turns.size(); ++i) {
    CHECK(turns[i].turn == i);
    CHECK(turns[i].input.value() == 100 + 70 * static_cast<std::int64_t>(i));
    if (i == 0) continue;
    const Request& before = turns[i - 1];
    CHECK(turns[i].arrival == before.arrival + 2s + 10s);
    REQUIRE(begins_with(turns[i].prompt, before.prompt));
    const Span& answer = turns[i].prompt[before.prompt.size()];
    CHECK(answer == Span{SegmentId::output_of(before.id), 0, 20});
    CHECK(turns[i].prompt.size() == before.prompt.size() + 2);
  }
}

TEST_CASE("an answer that comes later moves the next turn by as much") {
  const auto fast = by_session(drive(*workload_of(chat(3, 100)), 1s));
  const auto slow = by_session(drive(*workload_of(chat(3, 100)), 5s));
  CHECK(slow.at(0)[1].arrival - fast.at(0)[1].arrival == 4s);
}

TEST_CASE("draws of a session do not depend on when other sessions are served") {
  auto params = chat(1, 300);
  params.input = UniformLength{Tokens{1}, Tokens{10000}};
  params.output = UniformLength{Tokens{1}, Tokens{1000}};
  params.session->turns = UniformLength{Tokens{1}, Tokens{6}};
  params.session->new_tokens = UniformLength{Tokens{1}, Tokens{1000}};
  params.session->exponential_gaps = true;
  params.session->tool_probability = 0.5;
  const auto even = by_session(drive(*workload_of(params), 1s));
  const auto uneven = by_session(drive(*workload_of(params), [](const Request& r) {
    return Duration{std::chrono::milliseconds{100 + 37 * (r.id.value() % 91)}};
  }));
  std::size_t compared = 0;
  for (const auto& [session, turns] : even) {
    const auto other = uneven.find(session);
    if (other == uneven.end()) continue;
    for (std::size_t i = 0; i < std::min(turns.size(), other->second.size()); ++i, ++compared) {
      REQUIRE(turns[i].input == other->second[i].input);
      REQUIRE(turns[i].output == other->second[i].output);
    }
  }
  CHECK(compared > 200);
}

TEST_CASE("tool calls and thinking have their own mean gaps, in the given shares") {
  auto params = chat(50, 20000);
  params.session->tool_probability = 0.25;
  params.session->tool_time = 1s;
  std::map<std::int64_t, int> gaps;
  for (const auto& [session, turns] : by_session(drive(*workload_of(params), 1s))) {
    for (std::size_t i = 1; i < turns.size(); ++i) {
      ++gaps[(turns[i].arrival - turns[i - 1].arrival - Duration{1s}).count() / 1'000'000'000];
    }
  }
  REQUIRE(gaps.size() == 2);
  CHECK(gaps[1] / static_cast<double>(gaps[1] + gaps[10]) == Approx(0.25).margin(0.02));
}

TEST_CASE("a session ends before its prompt would exceed the longest context") {
  auto params = chat(100, 1000);
  params.session->max_context = Tokens{500};
  for (const auto& [session, turns] : by_session(drive(*workload_of(params), 1s))) {
    REQUIRE(turns.size() <= 6);  // 100 + 70 k <= 500
    for (const Request& r : turns) REQUIRE(r.input.value() <= 500);
  }
}

TEST_CASE("a failed turn ends its session and the turns that never came are counted") {
  auto params = chat(5, 25);
  const auto workload = workload_of(params);
  const auto requests = drive(
      *workload, [](const Request&) { return 1s; },
      [](const Request& r) { return r.session.value() == 2 && r.turn == 1 ? Outcome::failed : Outcome::completed; });
  const auto sessions = by_session(requests);
  CHECK(sessions.at(2).size() == 2);
  CHECK(workload->abandoned_turns() == 3);
}

TEST_CASE("sub-agents begin with the answer that forked them, and the session waits for all of them") {
  auto params = chat(2, 1000);
  params.duration = 500ms;  // one session ...
  params.session->subagents = SubagentParams{.probability = 1.0,
                                             .count = 3,
                                             .turns = 2,
                                             .new_tokens = FixedLength{Tokens{30}},
                                             .output = FixedLength{Tokens{5}}};
  params.session->tool_time = 2s;
  params.duration = 10000s;
  params.requests = 8;  // ... of 1 + 3 * 2 + 1 requests, before any other session
  params.arrivals = DeterministicArrivals{RequestsPerSecond{0.001}};
  // Agents differ in speed: the slowest decides.
  const auto requests =
      drive(*workload_of(params), [](const Request& r) { return std::chrono::seconds{1 + r.id.value()}; });
  REQUIRE(requests.size() == 8);
  const Request& root = requests[0];
  auto shared = root.prompt;
  append_span(shared, {SegmentId::output_of(root.id), 0, 20});
  TimePoint last_answer;
  for (std::size_t i = 1; i <= 6; ++i) {
    CHECK(requests[i].session == root.session);
    CHECK(begins_with(requests[i].prompt, shared));
    CHECK(requests[i].output.value() == 5);
    last_answer = std::max(last_answer, requests[i].arrival + std::chrono::seconds{1 + requests[i].id.value()});
  }
  for (std::size_t i = 1; i <= 3; ++i) CHECK(requests[i].arrival == root.arrival + 1s + 2s);
  for (std::size_t i = 4; i <= 6; ++i) CHECK(requests[i].input.value() == 120 + 30 + 5 + 30);
  // The session's own next turn continues its own text, not the agents'.
  CHECK(requests[7].arrival == last_answer + 10s);
  CHECK(requests[7].input.value() == 170);
  CHECK(begins_with(requests[7].prompt, shared));
  CHECK(requests[7].turn == 7);
}

TEST_CASE("lanes of a session draw lengths of their own") {
  auto params = chat(2, 5);
  params.arrivals = DeterministicArrivals{RequestsPerSecond{0.001}};
  params.output = UniformLength{Tokens{1}, Tokens{1000000}};
  params.session->subagents.probability = 1.0;
  params.session->subagents.count = 3;
  params.session->subagents.output = params.output;
  params.session->max_context = Tokens{1LL << 31};
  std::set<std::int64_t> outputs;
  for (const Request& r : drive(*workload_of(params), 1s)) outputs.insert(r.output.value());
  CHECK(outputs.size() == 5);
}

TEST_CASE("a failed sub-agent does not end its session") {
  auto params = chat(2, 5);
  params.arrivals = DeterministicArrivals{RequestsPerSecond{0.001}};
  params.session->subagents.probability = 1.0;
  params.session->subagents.count = 1;
  params.session->subagents.turns = 3;
  const auto workload = workload_of(params);
  const auto requests = drive(
      *workload, [](const Request&) { return 1s; },
      [](const Request& r) { return r.id.value() == 1 ? Outcome::failed : Outcome::completed; });
  CHECK(requests[2].session == requests[0].session);
  CHECK(requests[2].input.value() == 170);
  CHECK(workload->abandoned_turns() == 2);
}

TEST_CASE("a closed loop of sessions begins a client's next session after its last") {
  auto params = chat(3, 30);
  params.arrivals = ClosedLoopArrivals{.clients = 2, .think_time = 5s, .exponential_think = false, .ramp_up = 0s};
  const auto sessions = by_session(drive(*workload_of(params), 1s));
  REQUIRE(sessions.size() == 10);
  // Three answers of 1 s with two gaps of 10 s, then 5 s of thought.
  CHECK(sessions.at(2)[0].arrival == kStartOfTime + 28s);
  CHECK(sessions.at(3)[0].arrival == kStartOfTime + 28s);
}

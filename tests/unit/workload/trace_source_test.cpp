#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <set>

#include "models/units/error.h"
#include "tests/unit/workload/drive.h"

using namespace cleave;
using namespace cleave::test;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

std::vector<double> arrivals(const std::vector<Request>& requests) {
  std::vector<double> result;
  for (const Request& r : requests) result.push_back(seconds(r.arrival));
  return result;
}

std::int64_t length_of(const std::vector<Span>& prompt) {
  std::int64_t sum = 0;
  for (const Span& span : prompt) sum += span.length;
  return sum;
}

}  // namespace

TEST_CASE("every trace format replays as valid requests in time order") {
  const std::pair<TraceFormat, std::string> traces[] = {{TraceFormat::mooncake, "mooncake.jsonl"},
                                                        {TraceFormat::mooncake, "mooncake.jsonl.gz"},
                                                        {TraceFormat::mooncake, "mooncake_sessions.jsonl"},
                                                        {TraceFormat::azure, "azure.csv"},
                                                        {TraceFormat::burstgpt, "burstgpt.csv"},
                                                        {TraceFormat::agentic, "agentic.jsonl"},
                                                        {TraceFormat::cleave, "cleave.csv"}};
  for (const auto& [format, file] : traces) {
    CAPTURE(file);
    const auto requests = drive(*workload_of(trace(format, fixture(file))), 1s);
    CHECK_FALSE(requests.empty());
    std::uint32_t sessions = 0;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      const Request& r = requests[i];
      REQUIRE(r.id.index() == i);
      REQUIRE(r.session.value() <= sessions);  // dense, in order of first appearance
      sessions = std::max(sessions, r.session.value() + 1);
      REQUIRE(length_of(r.prompt) == r.input.value());
      REQUIRE(r.output.value() >= 1);
      REQUIRE((i == 0 || r.arrival >= requests[i - 1].arrival));
      for (std::size_t s = 1; s < r.prompt.size(); ++s) {
        const Span& before = r.prompt[s - 1];
        REQUIRE_FALSE((r.prompt[s].segment == before.segment && r.prompt[s].begin == before.begin + before.length));
      }
    }
  }
}

TEST_CASE("requests that share a timestamp are spread evenly over the tick, in order") {
  auto params = trace(TraceFormat::mooncake, fixture("mooncake.jsonl"));
  const auto together = arrivals(drive(*workload_of(params), 1s));
  CHECK(together[3] == 0.0);
  CHECK(together[4] == 3.0);
  params.spread_ticks = 3s;
  const auto spread = arrivals(drive(*workload_of(params), 1s));
  REQUIRE(spread.size() == 60);
  for (std::size_t i = 0; i < 60; ++i) CHECK(spread[i] == Approx(0.75 * static_cast<double>(i)).margin(1e-9));
}

TEST_CASE("spreading never carries a request past the next timestamp") {
  auto params = trace(TraceFormat::mooncake, fixture("mooncake.jsonl"));
  params.spread_ticks = 100s;
  const auto spread = arrivals(drive(*workload_of(params), 1s));
  for (std::size_t i = 0; i < 56; ++i) CHECK(spread[i] == Approx(0.75 * static_cast<double>(i)).margin(1e-9));
  CHECK(spread[59] == Approx(42.0 + 75.0));
}

TEST_CASE("a window keeps what arrives inside it, and time starts at its beginning") {
  auto params = trace(TraceFormat::mooncake, fixture("mooncake.jsonl"));
  params.from = 6s;
  params.until = 12s;
  const auto at = arrivals(drive(*workload_of(params), 1s));
  CHECK(at == std::vector<double>{0, 0, 0, 0, 3, 3, 3, 3});
}

TEST_CASE("a rate scale of two replays twice as fast, and the first N end it") {
  auto params = trace(TraceFormat::mooncake, fixture("mooncake.jsonl"));
  params.rate_scale = 2.0;
  params.first = 9;
  const auto workload = workload_of(params);
  CHECK(workload->expected_requests() == 9);
  const auto at = arrivals(drive(*workload, 1s));
  CHECK(at == std::vector<double>{0, 0, 0, 0, 1.5, 1.5, 1.5, 1.5, 3});
}

TEST_CASE("requests of a Mooncake trace without sessions are sessions of their own, unless linked") {
  auto params = trace(TraceFormat::mooncake, fixture("mooncake.jsonl"));
  const auto sessions = [&] {
    std::map<std::uint32_t, std::vector<Request>> result;
    for (Request& r : drive(*workload_of(params), 1s)) result[r.session.value()].push_back(r);
    return result;
  };
  CHECK(sessions().size() == 60);
  params.linkage = SessionLinkage::prefix;
  const auto linked = sessions();
  CHECK(linked.size() < 45);
  for (const auto& [session, turns] : linked) {
    for (std::size_t i = 0; i < turns.size(); ++i) {
      CHECK(turns[i].turn == i);
      if (i == 0) continue;
      // The earlier prompt's full blocks, at least two, begin the later prompt.
      const std::int64_t full = turns[i - 1].input.value() / 512 * 512;
      REQUIRE(full >= 1024);
      CHECK(turns[i].input.value() >= full);
    }
  }
}

TEST_CASE("a trace's sessions keep their turns in order") {
  std::map<std::uint32_t, std::uint32_t> turns;
  for (const Request& r : drive(*workload_of(trace(TraceFormat::mooncake, fixture("mooncake_sessions.jsonl"))), 1s)) {
    REQUIRE(r.turn == turns[r.session.value()]++);
  }
  CHECK(turns.size() == 18);
}

TEST_CASE("agent sessions wait for their own answers and cut long gaps") {
  auto params = trace(TraceFormat::agentic, fixture("agentic.jsonl"));
  const auto requests = drive(*workload_of(params), 10s);
  REQUIRE(requests.size() == 8);
  std::map<std::int64_t, double> at;  // by input length, distinct in the fixture
  for (const Request& r : requests) at[r.input.value()] = seconds(r.arrival);
  CHECK(at[1000] == 0.0);
  CHECK(at[700] == Approx(12.0));    // sub-agent: 2 s after the first answer, as recorded
  CHECK(at[1300] == Approx(13.0));   // 3 s of thought after it
  CHECK(at[900] == Approx(23.5));    // the sub-agent's second turn
  CHECK(at[1500] == Approx(623.0));  // 1 992.5 s cut to 600
  CHECK(at[40] == Approx(30.0));     // the second session starts 30 s after the first
  CHECK(at[640] == Approx(49.75));
  CHECK(at[704] == Approx(69.5));  // no think time recorded: 9.75 s since the request before
}

TEST_CASE("a failed turn takes the turns that wait for it along") {
  auto params = trace(TraceFormat::agentic, fixture("agentic.jsonl"));
  const auto workload = workload_of(params);
  const auto requests = drive(
      *workload, [](const Request&) { return 10s; },
      [](const Request& r) { return r.input.value() == 1000 ? Outcome::rejected : Outcome::completed; });
  CHECK(requests.size() == 4);
  CHECK(workload->abandoned_turns() == 4);
}

TEST_CASE("cleave's own trace follows answers, cites them, and dates the rest") {
  const auto requests = drive(*workload_of(trace(TraceFormat::cleave, fixture("cleave.csv"))), 10s);
  REQUIRE(requests.size() == 8);
  std::map<std::int64_t, const Request*> by_input;
  for (const Request& r : requests) by_input[r.input.value()] = &r;
  CHECK(seconds(by_input[100]->arrival) == 0.0);
  const Request& root = *by_input[600];
  CHECK(root.arrival == kStartOfTime + 500ms);
  const Request& second = *by_input[700];
  CHECK(second.arrival == root.arrival + 10s + 1250ms);
  CHECK(second.session == root.session);
  CHECK(second.prompt[2] == Span{SegmentId::output_of(root.id), 0, 20});
  const Request& third = *by_input[800];
  CHECK(third.prompt[4] == Span{SegmentId::output_of(second.id), 0, 30});
  CHECK(by_input[650]->arrival == root.arrival + 10s + 1ns);
  CHECK(by_input[512]->arrival == kStartOfTime + 3000000001ns);
  CHECK(by_input[512]->prompt.front().segment == root.prompt.front().segment);
  CHECK(by_input[42]->prompt[1] == Span{SegmentId::output_of(by_input[20]->id), 0, 2});
}

TEST_CASE("answers are cited by request, even when a window shifts the numbers") {
  auto params = trace(TraceFormat::cleave, fixture("cleave.csv"));
  params.from = 3s;
  const auto requests = drive(*workload_of(params), 10s);
  REQUIRE(requests.size() == 3);
  CHECK(requests[2].prompt[1] == Span{SegmentId::output_of(requests[1].id), 0, 2});
}

TEST_CASE("impossible trace parameters are refused") {
  const auto refused = [](TraceParams params, const std::string& message) {
    CHECK_THROWS_WITH(workload_of(params), Contains(message));
  };
  auto params = trace(TraceFormat::mooncake, fixture("mooncake.jsonl"));
  params.rate_scale = 0;
  refused(params, "rate_scale: got 0");
  params = trace(TraceFormat::mooncake, fixture("mooncake.jsonl"));
  params.from = 5s;
  params.until = 5s;
  refused(params, "until: got 5");
  params = trace(TraceFormat::azure, fixture("azure.csv"));
  params.linkage = SessionLinkage::prefix;
  refused(params, "linkage: got \"prefix\"");
  refused(trace(TraceFormat::mooncake, ""), "path");
}

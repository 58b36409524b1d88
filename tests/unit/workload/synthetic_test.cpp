#include <catch2/catch.hpp>

#include <map>
#include <set>

#include "models/units/error.h"
#include "tests/unit/workload/drive.h"

using namespace cleave;
using namespace cleave::test;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

SyntheticParams poisson(double rate, std::uint64_t requests) {
  SyntheticParams params;
  params.arrivals = PoissonArrivals{RequestsPerSecond{rate}};
  params.requests = requests;
  return params;
}

std::int64_t length_of(const std::vector<Span>& prompt) {
  std::int64_t sum = 0;
  for (const Span& span : prompt) sum += span.length;
  return sum;
}

}  // namespace

TEST_CASE("every request's prompt sums to its input and ids are dense in order of emission") {
  auto params = poisson(5, 500);
  params.input = LognormalLength{Tokens{300}, 1.0, Tokens{1}, Tokens{4000}};
  params.output = UniformLength{Tokens{1}, Tokens{50}};
  params.system_prompt = Tokens{100};
  const auto requests = drive(*workload_of(params), 1s);
  REQUIRE(requests.size() == 500);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const Request& r = requests[i];
    REQUIRE(r.id.index() == i);
    REQUIRE(r.session.index() == i);
    REQUIRE(length_of(r.prompt) == r.input.value());
    REQUIRE(r.input.value() > 100);
    REQUIRE(r.output.value() >= 1);
    REQUIRE((i == 0 || r.arrival >= requests[i - 1].arrival));
  }
}

TEST_CASE("requests share system prompts and nothing else") {
  auto params = poisson(5, 400);
  params.system_prompt = Tokens{64};
  params.system_prompts = 4;
  std::map<std::uint64_t, int> heads;
  std::set<std::uint64_t> tails;
  for (const Request& r : drive(*workload_of(params), 1s)) {
    REQUIRE(r.prompt.size() == 2);
    ++heads[r.prompt[0].segment.value()];
    tails.insert(r.prompt[1].segment.value());
  }
  CHECK(tails.size() == 400);
  REQUIRE(heads.size() == 4);
  for (const auto& [segment, count] : heads) CHECK(count == Approx(100).margin(45));
}

TEST_CASE("traffic ends at its duration or after its number of requests, whichever comes first") {
  auto params = poisson(10, 1000000);
  params.duration = 20s;
  const auto by_time = drive(*workload_of(params), 1s);
  CHECK(by_time.size() == Approx(200).margin(60));
  CHECK(seconds(by_time.back().arrival) < 20.0);
  params.requests = 7;
  CHECK(drive(*workload_of(params), 1s).size() == 7);
}

TEST_CASE("the same seed gives the same traffic, another seed other traffic") {
  auto params = poisson(10, 50);
  params.input = UniformLength{Tokens{1}, Tokens{1000}};
  const auto one = drive(*workload_of(params, 1), 1s);
  const auto same = drive(*workload_of(params, 1), 1s);
  const auto other = drive(*workload_of(params, 2), 1s);
  for (std::size_t i = 0; i < one.size(); ++i) {
    REQUIRE(one[i].arrival == same[i].arrival);
    REQUIRE(one[i].prompt == same[i].prompt);
  }
  CHECK(one[0].arrival != other[0].arrival);
}

TEST_CASE("a closed loop keeps each client waiting for its answer and thinking before it asks again") {
  SyntheticParams params;
  params.arrivals = ClosedLoopArrivals{.clients = 3, .think_time = 2s, .exponential_think = false, .ramp_up = 6s};
  params.requests = 30;
  const auto requests = drive(*workload_of(params), 1s);
  REQUIRE(requests.size() == 30);
  // Clients start at 0, 2 and 4 s and take 3 s a round.
  std::map<double, int> at;
  for (const Request& r : requests) ++at[seconds(r.arrival)];
  CHECK(at[0.0] == 1);
  CHECK(at[3.0] == 1);
  CHECK(at[2.0] == 1);
  CHECK(at[4.0] == 1);
  CHECK(at[27.0] == 1);
  CHECK(at.size() == 30);
}

TEST_CASE("a client that is refused at once backs off instead of asking for ever at one instant") {
  SyntheticParams params;
  params.arrivals = ClosedLoopArrivals{.clients = 1, .think_time = 0s, .exponential_think = false, .ramp_up = 0s};
  params.duration = 10s;
  const auto workload = workload_of(params);
  const auto requests = drive(
      *workload, [](const Request&) { return 0s; }, [](const Request&) { return Outcome::rejected; });
  CHECK(requests.size() == 10);
}

TEST_CASE("a client of a closed loop draws the same lengths however fast the other is served") {
  SyntheticParams params;
  params.arrivals = ClosedLoopArrivals{.clients = 2, .think_time = 1s, .exponential_think = false, .ramp_up = 200ms};
  params.input = UniformLength{Tokens{1}, Tokens{100000}};
  params.requests = 200;
  // The second client starts at 0.1 s. Whole seconds of service keep the first on whole seconds and the other off them.
  const auto is_second = [](const Request& r) { return (r.arrival - kStartOfTime) % 1s != Duration::zero(); };
  const auto inputs = [&](bool second, Duration service_of_second) {
    std::vector<std::int64_t> result;
    const auto service = [&](const Request& r) { return is_second(r) ? service_of_second : Duration{1s}; };
    for (const Request& r : drive(*workload_of(params), service)) {
      if (is_second(r) == second && result.size() < 30) result.push_back(r.input.value());
    }
    return result;
  };
  CHECK(inputs(false, 1s).size() == 30);
  CHECK(inputs(false, 1s) == inputs(false, 4s));
  CHECK(inputs(true, 1s) == inputs(true, 4s));
  CHECK(inputs(true, 1s) != inputs(false, 1s));
}

TEST_CASE("classes merge in time order, the lower class first at a tie") {
  WorkloadParams params;
  params.classes.resize(3);
  for (std::size_t i = 0; i < 3; ++i) {
    SyntheticParams traffic;
    traffic.arrivals = DeterministicArrivals{RequestsPerSecond{i == 2 ? 2.0 : 1.0}};
    traffic.requests = i == 2 ? 20 : 10;
    params.classes[i].name = std::string(1, static_cast<char>('a' + i));
    params.classes[i].traffic = traffic;
  }
  const auto workload = make_workload(params, RngBook{1});
  CHECK(workload->expected_requests() == 40);
  const auto requests = drive(*workload, 100s);
  REQUIRE(requests.size() == 40);
  std::vector<std::uint32_t> order;
  std::set<std::uint32_t> sessions;
  for (const Request& r : requests) {
    order.push_back(r.cls.value());
    sessions.insert(r.session.value());
  }
  CHECK(std::vector<std::uint32_t>(order.begin(), order.begin() + 8) ==
        std::vector<std::uint32_t>{0, 1, 2, 2, 0, 1, 2, 2});
  CHECK(*sessions.rbegin() == 39);
  CHECK(sessions.size() == 40);
}

TEST_CASE("adding a class changes nothing of another") {
  auto traffic = poisson(5, 100);
  traffic.input = UniformLength{Tokens{1}, Tokens{1000}};
  auto params = one_class(traffic);
  const auto alone = drive(*make_workload(params, RngBook{1}), 1s);
  params.classes.push_back(params.classes[0]);
  params.classes[1].name = "other";
  std::size_t i = 0;
  for (const Request& r : drive(*make_workload(params, RngBook{1}), 1s)) {
    if (r.cls.value() != 0) continue;
    REQUIRE(r.arrival == alone[i].arrival);
    REQUIRE(r.prompt == alone[i].prompt);
    ++i;
  }
  CHECK(i == alone.size());
}

TEST_CASE("classes share no text") {
  auto params = one_class(poisson(5, 20));
  params.classes.push_back(params.classes[0]);
  params.classes[1].name = "other";
  std::map<std::uint64_t, std::uint32_t> owner;
  for (const Request& r : drive(*make_workload(params, RngBook{1}), 1s)) {
    for (const Span& span : r.prompt) {
      const auto known = owner.emplace(span.segment.value(), r.cls.value()).first;
      REQUIRE(known->second == r.cls.value());
    }
  }
}

TEST_CASE("impossible workloads are refused") {
  WorkloadParams none;
  CHECK_THROWS_WITH(make_workload(none, RngBook{1}), Contains("workload.classes: got 0"));
  auto twice = one_class(poisson(1, 1));
  twice.classes.push_back(twice.classes[0]);
  CHECK_THROWS_WITH(make_workload(twice, RngBook{1}), Contains("classes[1].name: got default"));
  const auto refused = [](const SyntheticParams& params, const std::string& message) {
    CHECK_THROWS_WITH(workload_of(params), Contains("workload.classes[0].traffic") && Contains(message));
  };
  auto params = poisson(1, 1);
  params.system_prompts = 0;
  refused(params, "system_prompts: got 0");
  params = poisson(1, 1);
  params.duration = 0s;
  refused(params, "duration: got 0");
  params = poisson(1, 1);
  params.arrivals = ClosedLoopArrivals{.clients = 0, .think_time = {}, .exponential_think = false, .ramp_up = {}};
  refused(params, "clients: got 0");
  params = poisson(1, 1);
  params.session = SessionParams{};
  params.session->tool_probability = 1.5;
  refused(params, "tool_probability: got 1.5");
  params.session->tool_probability = 0.5;
  params.session->subagents.count = 0;
  refused(params, "subagents.count: got 0");
  params.session->subagents.count = 1;
  params.system_prompt = Tokens{200000};
  refused(params, "max_context: got 131072");
}

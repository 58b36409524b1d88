// When a run has settled, and when it never does.

#include "sim/metrics/steady_state.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "sim/core/rng.h"

namespace cleave {
namespace {

/// A queue with one server: arrivals and services exponential. Source of what is expected: M/M/1.
SteadyState single_server(double load, int requests, std::uint64_t seed, Duration empty_until = {}) {
  Rng rng = RngBook{seed}.stream("queue");
  SteadyStateMeter meter({SloLimits{}});
  double now = to_seconds(empty_until);
  double free_at = 0;
  for (int i = 0; i < requests; ++i) {
    now += exponential(rng, 1.0);
    const double begin = std::max(now, free_at);
    free_at = begin + exponential(rng, load);
    RequestRecord record;
    record.id = RequestId{static_cast<std::size_t>(i)};
    record.outcome = Outcome::completed;
    record.arrival = kStartOfTime + nearest_nanosecond(now);
    record.first_scheduled = kStartOfTime + nearest_nanosecond(begin);
    record.first_token = record.last_token = kStartOfTime + nearest_nanosecond(free_at);
    record.generated = Tokens{1};
    meter.on_request(record);
  }
  return meter.result();
}

TEST_CASE("MSER-5 cuts the ramp and keeps the level") {
  std::vector<double> values;
  Rng rng = RngBook{1}.stream("noise");
  for (int i = 0; i < 1000; ++i) values.push_back((i < 200 ? 0.1 * i : 20.0) + standard_normal(rng));
  const auto cut = mser5(values);
  REQUIRE(cut);
  CHECK(*cut >= 150);
  CHECK(*cut <= 260);
}

TEST_CASE("MSER-5 finds no level in a line that never ends, nor in too few values") {
  std::vector<double> line;
  for (int i = 0; i < 400; ++i) line.push_back(i);
  CHECK(!mser5(line));
  CHECK(!mser5(std::vector<double>(30, 1.0)));
  CHECK(mser5(std::vector<double>(100, 1.0)) == 0U);
}

TEST_CASE("the interval of a mean covers the truth about as often as it says") {
  int covered = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Rng rng = RngBook{seed}.stream("batches");
    std::vector<double> means;
    for (int i = 0; i < 20; ++i) means.push_back(5 + standard_normal(rng));
    const auto estimate = estimate_mean(means, 0.95);
    covered += std::abs(estimate->mean - 5) <= estimate->half_width ? 1 : 0;
  }
  CHECK(covered >= 182);  // 190 expected, standard deviation 3.1
  CHECK(!estimate_mean(std::vector<double>{1.0}, 0.95));
}

TEST_CASE("a queue at half load settles, and its mean stay is that of M/M/1") {
  const SteadyState state = single_server(0.5, 20'000, 3);
  REQUIRE(state.steadiness == Steadiness::steady);
  REQUIRE(state.e2e);
  CHECK(state.e2e->mean == Approx(1.0).margin(2 * state.e2e->half_width));  // 1 / (mu - lambda), mu = 2, lambda = 1
  CHECK(state.e2e->half_width < 0.1);
  REQUIRE(state.in_system);
  CHECK(state.in_system->mean == Approx(1.0).epsilon(0.15));  // Little's law
  CHECK(state.attainment->mean == 1.0);
}

TEST_CASE("an overloaded queue is said to grow, and no mean is given") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const SteadyState state = single_server(1.2, 10'000, seed);
    CHECK(state.steadiness == Steadiness::growing);
    CHECK(!state.e2e);
    CHECK(state.growth_per_second == Approx(1 - 1 / 1.2).epsilon(0.35));
  }
}

TEST_CASE("a busy but stable queue is hardly ever said to grow") {
  int growing = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    growing += single_server(0.8, 10'000, seed).steadiness == Steadiness::growing ? 1 : 0;
  }
  CHECK(growing <= 2);
}

TEST_CASE("traffic that grows while everybody stays as long as before is no overload") {
  SteadyStateMeter meter({SloLimits{}});
  double now = 0;
  for (int i = 0; i < 5000; ++i) {
    now += 1.0 / (10 + 0.02 * i);
    RequestRecord record;
    record.id = RequestId{static_cast<std::size_t>(i)};
    record.outcome = Outcome::completed;
    record.arrival = kStartOfTime + nearest_nanosecond(now);
    record.first_token = record.last_token = record.arrival + std::chrono::milliseconds(3000 + i % 7);
    record.generated = Tokens{1};
    meter.on_request(record);
  }
  CHECK(meter.result().steadiness == Steadiness::unsettled);
}

TEST_CASE("a handful of requests is too short to tell") {
  CHECK(single_server(0.5, 100, 1).steadiness == Steadiness::too_short);
  CHECK(SteadyStateMeter({SloLimits{}}).result().steadiness == Steadiness::too_short);
}

}  // namespace
}  // namespace cleave

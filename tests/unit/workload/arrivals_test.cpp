#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <cmath>

#include "models/units/error.h"
#include "sim/workload/arrival_process.h"
#include "sim/workload/servegen.h"
#include "tests/unit/workload/drive.h"
#include "tests/unit/workload/scratch.h"

using namespace cleave;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

Rng stream() {
  return RngBook(3).stream("arrivals");
}

std::vector<double> times(ArrivalProcess& process, std::size_t count) {
  std::vector<double> result;
  while (result.size() < count) {
    const auto time = process.next();
    if (!time) break;
    REQUIRE((result.empty() || to_seconds(*time) >= result.back()));
    result.push_back(to_seconds(*time));
  }
  return result;
}

// Coefficient of variation of the gaps.
double variation(const std::vector<double>& at) {
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 1; i < at.size(); ++i) {
    const double gap = at[i] - at[i - 1];
    sum += gap;
    squares += gap * gap;
  }
  const auto n = static_cast<double>(at.size() - 1);
  return std::sqrt(squares / n - sum * sum / n / n) / (sum / n);
}

std::size_t between(const std::vector<double>& at, double from, double until) {
  std::size_t count = 0;
  for (const double t : at) count += t >= from && t < until ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("Poisson arrivals have the given rate and gaps of variation one") {
  const auto process = make_poisson({RequestsPerSecond{4.0}}, stream(), "x");
  const auto at = times(*process, 100000);
  CHECK(static_cast<double>(at.size()) / at.back() == Approx(4.0).epsilon(0.015));
  CHECK(variation(at) == Approx(1.0).epsilon(0.02));
}

TEST_CASE("gamma arrivals have the given rate and variation") {
  for (const double cv : {0.3, 1.0, 3.0}) {
    const auto process = make_gamma({RequestsPerSecond{2.0}, cv}, stream(), "x");
    const auto at = times(*process, 200000);
    CHECK(static_cast<double>(at.size()) / at.back() == Approx(2.0).epsilon(0.03));
    CHECK(variation(at) == Approx(cv).epsilon(0.03));
  }
}

TEST_CASE("deterministic arrivals come at k/rate without drift") {
  const auto process = make_deterministic({RequestsPerSecond{3.0}}, "x");
  for (std::int64_t k = 0; k < 3000; ++k) {
    const auto time = process->next();
    REQUIRE(time->time_since_epoch().count() == std::llround(static_cast<double>(k) / 3.0 * 1e9));
  }
}

TEST_CASE("a piecewise rate gives as many arrivals in each part as the area under it") {
  // Rises from 0 to 100/s over 100 s (5 000), stays for 50 s (5 000), falls to 20/s over 100 s (6 000), then holds.
  const PiecewiseArrivals params{{{0s, RequestsPerSecond{0}},
                                  {100s, RequestsPerSecond{100}},
                                  {150s, RequestsPerSecond{100}},
                                  {250s, RequestsPerSecond{20}}},
                                 std::nullopt};
  const auto process = make_piecewise(params, stream(), "x");
  const auto at = times(*process, 20000);
  const auto is_near = [](std::size_t got, double expected) {
    CHECK(std::abs(static_cast<double>(got) - expected) < 4 * std::sqrt(expected));
  };
  is_near(between(at, 0, 50), 1250);
  is_near(between(at, 0, 100), 5000);
  is_near(between(at, 100, 150), 5000);
  is_near(between(at, 150, 250), 6000);
  is_near(between(at, 250, 350), 2000);
}

TEST_CASE("a repeated piecewise rate starts over, and silent parts stay silent") {
  const PiecewiseArrivals params{
      {{10s, RequestsPerSecond{50}}, {20s, RequestsPerSecond{50}}, {20001ms, RequestsPerSecond{0}}}, 100s};
  const auto process = make_piecewise(params, stream(), "x");
  const auto at = times(*process, 5000);
  for (int round = 0; round < 4; ++round) {
    const double base = 100.0 * round;
    CHECK(between(at, base, base + 20) == Approx(1000).margin(4 * std::sqrt(1000.0)));
    CHECK(between(at, base + 20.002, base + 100) == 0);
  }
}

TEST_CASE("cutting a constant rate into pieces much shorter than a gap does not change it") {
  PiecewiseArrivals params;
  for (int i = 0; i <= 10; ++i) params.points.push_back({i * 50ms, RequestsPerSecond{1}});
  params.repeat = 500ms;
  const auto process = make_piecewise(params, stream(), "x");
  const auto plain = make_poisson({RequestsPerSecond{1}}, stream(), "x");
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(to_seconds(*process->next()) == Approx(to_seconds(*plain->next())).margin(1e-5));
  }
}

TEST_CASE("a piecewise rate that ends at zero ends the arrivals") {
  const PiecewiseArrivals params{{{0s, RequestsPerSecond{10}}, {100s, RequestsPerSecond{0}}}, std::nullopt};
  const auto process = make_piecewise(params, stream(), "x");
  const auto at = times(*process, 100000);
  CHECK(at.size() == Approx(500).margin(4 * std::sqrt(500.0)));
  CHECK_FALSE(process->next());
}

TEST_CASE("ServeGen clients keep the rate of each window, and silent windows are silent") {
  // The fixture: 2 + 0 + 0.25 requests/s for ten minutes, then 1 + 0.5 + 0.
  for (const char* source : {"servegen", "servegen.tar.xz"}) {
    double first = 0;
    double second = 0;
    constexpr int kSeeds = 40;
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
      const auto process = make_servegen({test::fixture(source), "tiny", 1.0, 0s}, RngBook(seed).stream("a"), "x");
      const auto at = times(*process, 100000);
      CHECK_FALSE(process->next());
      first += static_cast<double>(between(at, 0, 600)) / kSeeds;
      second += static_cast<double>(between(at, 600, 1200)) / kSeeds;
    }
    CHECK(first == Approx(1350).epsilon(0.02));
    CHECK(second == Approx(900).epsilon(0.05));  // burstier
  }
}

TEST_CASE("a bursty ServeGen client arrives at its rate from the start, and across windows much shorter than a gap") {
  const test::Scratch scratch;
  // One request in 6 000 s on average, gaps of variation about 3, for 200 windows: 20 requests a run, one in each 6 000
  // s.
  for (const char* family : {"Gamma,0.1111", "Weibull,0.4"}) {
    CAPTURE(family);
    std::string text;
    for (int w = 0; w < 200; ++w) text += fmt::format("{},{},3,{},1\n", 600 * w, 1.0 / 6000, family);
    scratch.write("few/chunk-0-trace.csv", text);
    double early = 0;
    double all = 0;
    constexpr int kSeeds = 1000;
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
      const auto process = make_servegen({scratch.path("."), "few", 1.0, 0s}, RngBook(seed).stream("a"), "x");
      const auto at = times(*process, 100000);
      early += static_cast<double>(between(at, 0, 6000)) / kSeeds;
      all += static_cast<double>(at.size()) / kSeeds;
    }
    CHECK(all == Approx(20).epsilon(0.05));
    CHECK(early == Approx(1).margin(0.2));  // 2.3 if the first gap began at time zero
  }
}

TEST_CASE("ServeGen rates can be scaled and started later") {
  double count = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const auto process = make_servegen({test::fixture("servegen"), "tiny", 2.0, 900s}, RngBook(seed).stream("a"), "x");
    const auto at = times(*process, 100000);
    REQUIRE(at.back() <= 300.0);
    count += static_cast<double>(at.size()) / 40;
  }
  CHECK(count == Approx(2.0 * 1.5 * 300).epsilon(0.06));
}

TEST_CASE("the ServeGen m-large data has the published mean rate and is followed") {
  const auto path = test::shared_trace("servegen_mlarge_rates_and_deepseekr1.tar.xz");
  if (!path) {
    WARN("SKIPPED: the ServeGen data is not here");
    return;
  }
  const auto clients = read_servegen(*path, "m-large");
  CHECK(clients.size() == 162);
  double sum = 0;
  for (const auto& client : clients) {
    REQUIRE(client.windows.size() == 2016);
    for (const auto& window : client.windows) sum += window.rate / 2016;
  }
  CHECK(sum == Approx(196.0).margin(0.5));  // the data's README
  double expected = 0;
  for (const auto& client : clients) {
    for (std::size_t w = 0; w < 6; ++w) expected += client.windows[w].rate * 600;
  }
  const auto process = make_servegen({*path, "m-large", 1.0, 0s}, stream(), "x");
  double hour = 0;
  while (to_seconds(*process->next()) < 3600) ++hour;
  CHECK(hour == Approx(expected).epsilon(0.05));
}

TEST_CASE("impossible arrivals are refused with their key path") {
  const auto refused = [](const ArrivalParams& params, const std::string& message) {
    CHECK_THROWS_WITH(make_arrivals(params, stream(), "classes[0].arrivals"),
                      Contains("classes[0].arrivals") && Contains(message));
  };
  refused(PoissonArrivals{RequestsPerSecond{0}}, "rate: got 0");
  refused(GammaArrivals{RequestsPerSecond{1}, 0}, "cv: got 0");
  refused(DeterministicArrivals{RequestsPerSecond{-1}}, "rate: got -1");
  refused(PiecewiseArrivals{}, "at least one point");
  refused(PiecewiseArrivals{{{0s, RequestsPerSecond{0}}}, std::nullopt}, "at least one rate above zero");
  refused(PiecewiseArrivals{{{5s, RequestsPerSecond{1}}, {5s, RequestsPerSecond{2}}}, std::nullopt}, "a later time");
  refused(PiecewiseArrivals{{{5s, RequestsPerSecond{1}}}, 4s}, "a period that reaches the last point");
  refused(ServegenArrivals{"", "tiny", 1.0, 0s}, "path");
  refused(ServegenArrivals{"x", "tiny", 0.0, 0s}, "rate_scale: got 0");
}

TEST_CASE("a ServeGen category that is not there is named") {
  CHECK_THROWS_WITH(make_servegen({test::fixture("servegen"), "huge", 1.0, 0s}, stream(), "x"),
                    Contains("category: got \"huge\""));
}

#include <catch2/catch.hpp>

#include "calibration/bench/harness/run.h"
#include "models/units/error.h"
#include "tests/unit/calibration/temporary_folder.h"

using namespace cleave;
using namespace cleave::bench;
using cleave::test::TemporaryFolder;

namespace {

/// A probe of four points that takes a second each on the clock it is given.
Probe toy(const std::string& name, double& now) {
  Probe probe;
  probe.spec.name = name;
  probe.spec.table = name + "_perf";
  probe.spec.grid.axes = {"m"};
  for (const std::int64_t m : {1, 2, 3, 4}) probe.spec.grid.add({m});
  probe.measure = [&now](const Point& point, const StoppingRule&) -> Outcome {
    now += 1;
    if (point.number("m") == 3) return Skipped{"odd"};
    Measurement m;
    m.latency = {1, 1, 1};
    return m;
  };
  return probe;
}

}  // namespace

TEST_CASE("a run stops at its budget and the next one finishes what is left") {
  const TemporaryFolder folder;
  double now = 100;
  const std::vector<Probe> probes = {toy("a", now), toy("b", now)};
  const auto clock = [&now] { return now; };
  const RunResult first = run_probes(probes, {.folder = folder.path(), .only = {}, .budget_seconds = 5}, clock);
  CHECK(first.measured == 4);
  CHECK(first.skipped == 1);
  CHECK(first.left == 3);
  const RunResult second = run_probes(probes, {.folder = folder.path(), .only = {}, .budget_seconds = 5}, clock);
  CHECK(second.resumed == 5);
  CHECK(second.measured == 2);
  CHECK(second.left == 0);
  const double before = now;
  CHECK(run_probes(probes, {.folder = folder.path(), .only = {}, .budget_seconds = 5}, clock).resumed == 8);
  CHECK(now == before);
}

TEST_CASE("only the named probes run") {
  const TemporaryFolder folder;
  double now = 0;
  const std::vector<Probe> probes = {toy("a", now), toy("b", now)};
  const RunResult result =
      run_probes(probes, {.folder = folder.path(), .only = {"b"}, .budget_seconds = 50}, [&now] { return now; });
  CHECK(result.measured + result.skipped == 4);
  CHECK_FALSE(std::filesystem::exists(folder.path() / "a_perf__cleave.csv"));
}

TEST_CASE("an unknown probe is refused with the names there are") {
  double now = 0;
  const std::vector<Probe> probes = {toy("a", now), toy("b", now)};
  CHECK_THROWS_WITH(select_probes(probes, {"c"}), Catch::Contains("a, b"));
}

TEST_CASE("the list names each probe with its points") {
  double now = 0;
  const std::string list = list_probes({toy("a", now), toy("b", now)});
  CHECK_THAT(list, Catch::Contains("a_perf__cleave.csv"));
  CHECK_THAT(list, Catch::Contains("4 points"));
}

TEST_CASE("a point that fails ends the run and is left out of the next one") {
  const TemporaryFolder folder;
  double now = 0;
  Probe probe = toy("a", now);
  const auto measure = probe.measure;
  probe.measure = [measure](const Point& point, const StoppingRule& rule) {
    if (point.number("m") == 2) throw std::runtime_error("an illegal memory access");
    return measure(point, rule);
  };
  const RunOptions options{.folder = folder.path(), .only = {}, .budget_seconds = 50};
  const auto clock = [&now] { return now; };
  CHECK_THROWS_WITH(run_probes({probe}, options, clock), Catch::Contains("illegal"));
  CHECK(folder.read("skipped__a_perf.csv") == "m,reason\n2,an illegal memory access\n");
  CHECK(run_probes({probe}, options, clock).resumed == 2);
}

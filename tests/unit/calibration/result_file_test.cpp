#include <catch2/catch.hpp>

#include "calibration/bench/harness/result_file.h"
#include "models/units/error.h"
#include "tests/unit/calibration/temporary_folder.h"

using namespace cleave;
using namespace cleave::bench;
using cleave::test::TemporaryFolder;

namespace {

ProbeSpec two_points() {
  ProbeSpec spec;
  spec.name = "toy";
  spec.table = "toy_perf";
  spec.grid.axes = {"dtype", "m"};
  spec.grid.add({std::string("fp8"), std::int64_t{16}});
  spec.grid.add({std::string("fp8"), std::int64_t{1}});
  return spec;
}

Measurement measured() {
  Measurement m;
  m.latency = {0.25, 0.2, 0.5};
  m.repeats = 9;
  m.launches = 4;
  m.clock_mhz = 1980;
  m.throttled = false;
  return m;
}

}  // namespace

TEST_CASE("a row holds the axes, the median with its interval, and how it was measured") {
  const TemporaryFolder folder;
  const ProbeSpec spec = two_points();
  ResultFile file(folder.path(), spec);
  file.add(Point(spec.grid, 0), measured());
  CHECK(folder.read("toy_perf__cleave.csv") ==
        "dtype,m,latency,latency_low,latency_high,repeats,launches,cache,timed,sm_clock_mhz,throttled\n"
        "fp8,16,0.25,0.2,0.5,9,4,cold,graph,1980,0\n");
}

TEST_CASE("what the machine does not tell is an empty cell") {
  const TemporaryFolder folder;
  const ProbeSpec spec = two_points();
  Measurement m = measured();
  m.clock_mhz.reset();
  m.throttled.reset();
  ResultFile(folder.path(), spec).add(Point(spec.grid, 0), m);
  CHECK(folder.read("toy_perf__cleave.csv").ends_with(",cold,graph,,\n"));
}

TEST_CASE("a second run knows the points of the first, whole keys only") {
  const TemporaryFolder folder;
  const ProbeSpec spec = two_points();
  ResultFile(folder.path(), spec).add(Point(spec.grid, 0), measured());
  const ResultFile again(folder.path(), spec);
  CHECK(again.has(Point(spec.grid, 0)));
  CHECK_FALSE(again.has(Point(spec.grid, 1)));  // "fp8,1" begins "fp8,16"
}

TEST_CASE("a line that was cut off in its middle is dropped and its point measured again") {
  const TemporaryFolder folder;
  const ProbeSpec spec = two_points();
  ResultFile(folder.path(), spec).add(Point(spec.grid, 0), measured());
  const std::string whole = folder.read("toy_perf__cleave.csv");
  folder.append("toy_perf__cleave.csv", "fp8,1,0.2");
  const ResultFile again(folder.path(), spec);
  CHECK_FALSE(again.has(Point(spec.grid, 1)));
  CHECK(folder.read("toy_perf__cleave.csv") == whole);
}

TEST_CASE("an impossible point is recorded with its reason and not tried again") {
  const TemporaryFolder folder;
  const ProbeSpec spec = two_points();
  ResultFile(folder.path(), spec).add(Point(spec.grid, 1), Skipped{"needs 2 GiB, 1 free"});
  CHECK(folder.read("skipped__toy_perf.csv") == "dtype,m,reason\nfp8,1,needs 2 GiB; 1 free\n");
  CHECK(ResultFile(folder.path(), spec).has(Point(spec.grid, 1)));
}

TEST_CASE("a file of other columns is refused with its name") {
  const TemporaryFolder folder;
  folder.append("toy_perf__cleave.csv", "dtype,n,latency\n");
  CHECK_THROWS_AS(ResultFile(folder.path(), two_points()), ConfigError);
}

TEST_CASE("a damaged row is refused with its line") {
  const TemporaryFolder folder;
  const ProbeSpec spec = two_points();
  ResultFile(folder.path(), spec).add(Point(spec.grid, 0), measured());
  folder.append("toy_perf__cleave.csv", "fp8,1,0.2\n");
  CHECK_THROWS_WITH(ResultFile(folder.path(), spec), Catch::Contains("toy_perf__cleave.csv:3:"));
}

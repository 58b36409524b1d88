#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "calibration/bench/grid/grids.h"
#include "calibration/bench/harness/meta.h"
#include "models/units/error.h"
#include "tests/unit/calibration/temporary_folder.h"

using namespace cleave;
using namespace cleave::bench;
using cleave::test::TemporaryFolder;

TEST_CASE("meta.json names the environment, the grid, and every run") {
  const TemporaryFolder folder;
  const ProbeSpec spec = launch_spec();
  const Environment device = {{"gpu", "Some GPU"}, {"driver", "1.2"}};
  write_meta(folder.path(), device, {{"sm_clock_mhz", "1980"}}, {&spec});
  write_meta(folder.path(), device, {{"sm_clock_mhz", "1755"}}, {&spec});
  const auto json = nlohmann::json::parse(folder.read("meta.json"));
  CHECK(json["environment"]["gpu"] == "Some GPU");
  CHECK(json["grid"]["launch"]["points"] == spec.grid.rows.size());
  CHECK(json["grid"]["launch"]["axes"]["kernels"][0] == 1);
  REQUIRE(json["runs"].size() == 2);
  CHECK(json["runs"][1]["sm_clock_mhz"] == "1755");
  CHECK(json["runs"][0]["date"].get<std::string>().size() == 20);
  CHECK_FALSE(json["runs"][0]["commit"].get<std::string>().empty());
}

TEST_CASE("a folder measured on another device is refused") {
  const TemporaryFolder folder;
  write_meta(folder.path(), {{"gpu", "A"}}, {}, {});
  CHECK_THROWS_WITH(write_meta(folder.path(), {{"gpu", "B"}}, {}, {}), Catch::Contains("gpu was `A`"));
}

TEST_CASE("a damaged meta.json is refused") {
  const TemporaryFolder folder;
  folder.append("meta.json", "{\"environ");
  CHECK_THROWS_AS(write_meta(folder.path(), {{"gpu", "B"}}, {}, {}), ConfigError);
}

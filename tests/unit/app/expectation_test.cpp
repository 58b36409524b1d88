#include "sim/app/expectation.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "models/units/error.h"

namespace cleave {
namespace {

using Catch::Contains;

Expectation near(double expected, std::optional<double> absolute, std::optional<double> relative = {}) {
  Expectation check;
  check.path = "/a/p50";
  check.expected = expected;
  check.tolerance = {absolute, relative};
  return check;
}

bool passes(const Expectation& check, double value) {
  return judge(check, {{"a", {{"p50", value}}}}, {}).pass;
}

ExpectationFile load(const std::string& text) {
  const auto path = std::filesystem::temp_directory_path() / ("cleave-expect-" + std::to_string(::getpid()) + ".yaml");
  std::ofstream(path) << text;
  try {
    ExpectationFile file = load_expectations(path);
    std::filesystem::remove(path);
    return file;
  } catch (...) {
    std::filesystem::remove(path);
    throw;
  }
}

TEST_CASE("a value at the edge of its tolerance passes, one beyond it does not") {
  CHECK(passes(near(0.373, 0.001), 0.374));
  CHECK(passes(near(0.373, 0.001), 0.372));
  CHECK_FALSE(passes(near(0.373, 0.001), 0.37401));
  CHECK(passes(near(200, {}, 0.05), 210));
  CHECK_FALSE(passes(near(200, {}, 0.05), 210.1));
}

TEST_CASE("of two tolerances the wider one counts") {
  CHECK(passes(near(100, 1.0, 0.1), 109));
  CHECK(passes(near(1, 1.0, 0.1), 1.9));
}

TEST_CASE("a value is judged against that of another scenario, as their ratio or their difference") {
  Expectation check = near(1.056, 0.001);
  check.base = "local.yaml";
  check.as = Against::ratio;
  const nlohmann::ordered_json own{{"a", {{"p50", 2.112}}}};
  const nlohmann::ordered_json base{{"a", {{"p50", 2.0}}}};
  CHECK(judge(check, own, base).pass);
  CHECK_FALSE(judge(check, own, {{"a", {{"p50", 1.9}}}}).pass);
  CHECK_FALSE(judge(check, own, {{"a", {{"p50", 0.0}}}}).simulated.has_value());
  CHECK_FALSE(judge(check, own, {}).simulated.has_value());
  check = near(0.112, 1e-9);
  check.as = Against::difference;
  CHECK(judge(check, own, base).pass);
  CHECK(*judge(check, own, base).simulated == Approx(0.112));
}

TEST_CASE("a base and how to compare with it are given together") {
  CHECK_THROWS_WITH(load("checks:\n  - {what: x, path: /a, base: b.yaml, expected: 1, source: y}\n"),
                    Contains("expected both"));
  CHECK_THROWS_WITH(load("checks:\n  - {what: x, path: /a, as: ratio, expected: 1, source: y}\n"),
                    Contains("expected both"));
}

TEST_CASE("without a tolerance only the same value passes") {
  CHECK(passes(near(12031, {}), 12031));
  CHECK_FALSE(passes(near(12031, {}), 12030));
}

TEST_CASE("a bound holds on its own side") {
  Expectation least;
  least.path = "/a/p50";
  least.at_least = 3;
  CHECK(passes(least, 3));
  CHECK_FALSE(passes(least, 2.9));
  Expectation most;
  most.path = "/a/p50";
  most.at_most = 3;
  CHECK(passes(most, 3));
  CHECK_FALSE(passes(most, 3.1));
}

TEST_CASE("a path that leads nowhere, or to no number, fails") {
  CHECK_FALSE(judge(near(1, 1), {{"b", 1}}, {}).pass);
  CHECK_FALSE(judge(near(1, 1), {{"a", {{"p50", nullptr}}}}, {}).pass);
  CHECK_FALSE(judge(near(1, 1), {{"a", {{"p50", "1"}}}}, {}).simulated.has_value());
}

TEST_CASE("an expect file is read with its tolerances and sources") {
  const ExpectationFile file = load(
      "checks:\n  - {what: hits, path: /kv_hit_ratio_tokens, expected: 0.373, tolerance: {absolute: 0.001}, source: "
      "me}\n");
  REQUIRE(file.checks.size() == 1);
  CHECK(file.checks[0].path == "/kv_hit_ratio_tokens");
  CHECK(to_text(file.checks[0]) == "0.373 ± 0.001");
}

TEST_CASE("an expect file without checks, sources or one expectation each is refused with its place") {
  CHECK_THROWS_WITH(load("checks: []\n"), Contains("checks"));
  CHECK_THROWS_WITH(load("checks:\n  - {what: a, path: /a, expected: 1}\n"), Contains("source"));
  CHECK_THROWS_WITH(load("checks:\n  - {what: a, path: /a, source: b}\n"), Contains("exactly one"));
  CHECK_THROWS_WITH(load("checks:\n  - {what: a, path: /a, source: b, expected: 1, at_least: 1}\n"),
                    Contains("exactly one"));
  CHECK_THROWS_WITH(load("checks:\n  - {what: a, path: /a, source: b, at_least: 1, tolerance: {absolute: 1}}\n"),
                    Contains("tolerance without a value"));
  CHECK_THROWS_WITH(load("checks:\n  - {what: a, path: a, source: b, expected: 1}\n"), Contains("JSON pointer"));
  CHECK_THROWS_AS(load("checks:\n  - {what: a, path: /a, source: b, expectd: 1}\n"), ConfigError);
}

}  // namespace
}  // namespace cleave

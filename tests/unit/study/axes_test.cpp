// Axes of studies: what they give, and what is said of those that give nothing.

#include "sim/study/sweep/axes.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "models/units/error.h"
#include "sim/study/sweep/family.h"
#include "sim/study/sweep/read_study.h"

namespace cleave {
namespace {

using Catch::Contains;

LoadedStudy study(const std::string& text) {
  return read_study_text("scenario: s.yaml\n" + text, "study.yaml");
}
std::vector<std::string> points(const LoadedStudy& loaded) {
  std::vector<std::string> texts;
  for (const Settings& point : cross(loaded.params.axes)) texts.push_back(json_of_settings(point).dump());
  return texts;
}

TEST_CASE("a grid gives every combination, a zip the nth values together, a list what it says") {
  CHECK(
      points(study("axes: [{type: grid, over: {a: [1, 2], b: [x, y]}}]")) ==
      std::vector<std::string>{R"({"a":1,"b":"x"})", R"({"a":1,"b":"y"})", R"({"a":2,"b":"x"})", R"({"a":2,"b":"y"})"});
  CHECK(points(study("axes: [{type: zip, over: {a: [1, 2], b: [x, y]}}]")) ==
        std::vector<std::string>{R"({"a":1,"b":"x"})", R"({"a":2,"b":"y"})"});
  CHECK(points(study("axes: [{type: list, points: [{a: 1}, {b: {c: [2]}}]}]")) ==
        std::vector<std::string>{R"({"a":1})", R"({"b":{"c":[2]}})"});
}

TEST_CASE("axes are crossed, and without axes there is one point") {
  CHECK(points(study("axes: [{type: grid, over: {a: [1, 2, 3]}}, {type: list, points: [{b: 1}, {b: 2}]}]")).size() ==
        6);
  CHECK(points(study("")) == std::vector<std::string>{"{}"});
}

TEST_CASE("random draws stay in their range and unit, and are the same again") {
  const std::string text =
      "axes: [{type: random, points: 50, seed: 3, over: {rate: {from: 2 req/s, to: 8 req/s}, "
      "n: {from: 1, to: 3, whole: true}, size: {from: 1, to: 1000, scale: log}, policy: {choices: [x, y]}}}]";
  const LoadedStudy loaded = study(text);
  REQUIRE(loaded.problems.empty());
  CHECK(points(loaded) == points(study(text)));
  std::set<std::string> counts;
  for (const Settings& point : cross(loaded.params.axes)) {
    const auto values = json_of_settings(point);
    counts.insert(values["n"].dump());
    const std::string rate = values["rate"];
    CHECK_THAT(rate, Catch::EndsWith(" req/s"));
    CHECK(std::stod(rate) >= 2);
    CHECK(std::stod(rate) <= 8);
  }
  CHECK(counts == std::set<std::string>{"1", "2", "3"});
}

TEST_CASE("a Latin hypercube has one draw in each slice of every range") {
  const LoadedStudy loaded =
      study("axes: [{type: latin_hypercube, points: 20, over: {a: {from: 0, to: 20}, b: {from: 100, to: 120}}}]");
  std::set<int> a;
  std::set<int> b;
  for (const Settings& point : cross(loaded.params.axes)) {
    const auto values = json_of_settings(point);
    a.insert(static_cast<int>(values["a"].get<double>()));
    b.insert(static_cast<int>(values["b"].get<double>()));
  }
  CHECK(a.size() == 20);
  CHECK(b.size() == 20);
}

TEST_CASE("an axis of nothing is told and left out, and the rest stands") {
  const LoadedStudy loaded = study(
      "axes:\n"
      "  - {type: grid, over: {a: [], b: [1, 2]}}\n"
      "  - {type: zip, over: {c: [1, 2], d: [1]}}\n"
      "  - {type: random, points: 2, over: {e: {from: 3 s, to: 1 s}, f: {from: 1 s, to: 2 ms}}}\n"
      "  - {type: list, points: []}\n"
      "where: [1 +]\n"
      "derived: {x: (}\n");
  CHECK(points(loaded) == std::vector<std::string>{R"({"b":1})", R"({"b":2})"});
  REQUIRE(loaded.problems.size() >= 7);
  std::string all;
  for (const std::string& problem : loaded.problems) all += problem + "\n";
  CHECK_THAT(all, Contains("a has no values") && Contains("c has 2 values and d has 1") && Contains("is empty: from") &&
                      Contains("different units") && Contains("axes[3].points: is empty") && Contains("where") &&
                      Contains("derived.x"));
  CHECK(loaded.params.where.empty());
}

TEST_CASE("an unknown key of a study names the nearest, and a study without a scenario cannot run") {
  std::string all;
  for (const std::string& problem : study("replicate: 3").problems) all += problem;
  CHECK_THAT(all, Contains("study.yaml:2") && Contains("did you mean `replicates`?"));
  CHECK_THROWS_AS(read_study_text("replicates: 3", "study.yaml"), ConfigError);
}

}  // namespace
}  // namespace cleave

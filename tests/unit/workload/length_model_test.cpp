#include "sim/workload/length_model.h"

#include <catch2/catch.hpp>

#include <map>

#include "models/units/error.h"
#include "tests/unit/workload/drive.h"

using namespace cleave;
using Catch::Contains;

namespace {

std::map<std::int64_t, int> counts(const LengthModel& model, int draws) {
  Rng rng = RngBook(5).stream("lengths");
  std::map<std::int64_t, int> result;
  for (int i = 0; i < draws; ++i) ++result[model.draw(rng).value()];
  return result;
}

}  // namespace

TEST_CASE("a fixed length draws nothing from its stream") {
  Rng used = RngBook(5).stream("lengths");
  Rng fresh = RngBook(5).stream("lengths");
  CHECK(LengthModel(FixedLength{Tokens{77}}, "x").draw(used) == Tokens{77});
  CHECK(used.next() == fresh.next());
}

TEST_CASE("a uniform length takes every value from min to max, both included, equally often") {
  const auto seen = counts(LengthModel(UniformLength{Tokens{3}, Tokens{6}}, "x"), 40000);
  REQUIRE(seen.size() == 4);
  CHECK(seen.begin()->first == 3);
  for (const auto& [length, count] : seen) CHECK(count == Approx(10000).epsilon(0.05));
}

TEST_CASE("a lognormal length has the given median and stays within its limits") {
  const LengthModel model(LognormalLength{Tokens{500}, 1.0, Tokens{100}, Tokens{2000}}, "x");
  int below = 0;
  int at_max = 0;
  for (const auto& [length, count] : counts(model, 40000)) {
    REQUIRE(length >= 100);
    REQUIRE(length <= 2000);
    if (length < 500) below += count;
    if (length == 2000) at_max += count;
  }
  CHECK(below == Approx(20000).epsilon(0.03));
  CHECK(at_max == Approx(40000 * 0.0828).epsilon(0.1));  // P(Z > ln 4) = 0.0828
}

TEST_CASE("a histogram is drawn in proportion to its weights, from bins or from a file") {
  const HistogramLength inline_bins{{{10, 1}, {20, 3}, {30, 0}, {40, 4}}, ""};
  const HistogramLength from_file{{}, test::fixture("histogram.csv")};
  for (const auto& histogram : {inline_bins, from_file}) {
    const auto seen = counts(LengthModel(histogram, "x"), 80000);
    REQUIRE(seen.size() == 3);
    CHECK(seen.at(10) == Approx(10000).epsilon(0.05));
    CHECK(seen.at(20) == Approx(30000).epsilon(0.03));
    CHECK(seen.at(40) == Approx(40000).epsilon(0.03));
  }
}

TEST_CASE("impossible lengths are refused with their key path") {
  const auto refused = [](const LengthParams& params, const std::string& message) {
    CHECK_THROWS_WITH(LengthModel(params, "classes[0].input"), Contains("classes[0].input") && Contains(message));
  };
  refused(FixedLength{Tokens{0}}, "tokens: got 0");
  refused(UniformLength{Tokens{5}, Tokens{4}}, "max: got 4");
  refused(UniformLength{Tokens{-1}, Tokens{4}}, "min: got -1");
  refused(LognormalLength{Tokens{100}, -1.0, Tokens{1}, Tokens{10}}, "sigma: got -1");
  refused(HistogramLength{{{0, 1.0}}, ""}, "bins: got 0");
  refused(HistogramLength{{{5, 0.0}}, ""}, "weights that sum to more than zero");
  refused(HistogramLength{{{5, -2.0}}, ""}, "a weight of zero or more");
  refused(HistogramLength{{}, ""}, "either bins or a file");
  CHECK_THROWS_AS(LengthModel(HistogramLength{{}, "no/such/file.csv"}, "x"), ConfigError);
}

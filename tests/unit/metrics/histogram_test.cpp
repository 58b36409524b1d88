#include "sim/metrics/histogram.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace cleave {
namespace {

/// The definition that `quantile` approximates, on sorted values.
double exact_quantile(const std::vector<std::int64_t>& sorted, int permille) {
  const double position = static_cast<double>(sorted.size() - 1) * permille / 1000.0;
  const auto low = static_cast<std::size_t>(position);
  const auto high = std::min(low + 1, sorted.size() - 1);
  const double part = position - static_cast<double>(low);
  return static_cast<double>(sorted[low]) * (1 - part) + static_cast<double>(sorted[high]) * part;
}

/// Durations whose magnitudes are spread evenly from 1 ns to `max_bits` bits.
std::vector<std::int64_t> spread_values(std::mt19937_64& rng, std::size_t count, int max_bits) {
  std::vector<std::int64_t> values;
  for (std::size_t i = 0; i < count; ++i) {
    const auto bits = static_cast<int>(rng() % static_cast<unsigned>(max_bits)) + 1;
    values.push_back(static_cast<std::int64_t>(rng() >> (64 - bits)));
  }
  return values;
}

TEST_CASE("a histogram's quantiles are within the stated relative error of the exact ones") {
  STATIC_REQUIRE(Histogram::kRelativeError <= 0.005);
  std::mt19937_64 rng(7);
  for (int round = 0; round < 60; ++round) {
    const int max_bits = 1 + round % 62;
    auto values = spread_values(rng, 1 + rng() % 500, max_bits);
    Histogram histogram;
    for (const auto value : values) histogram.add(Duration{value});
    std::sort(values.begin(), values.end());
    for (const int permille : {0, 1, 250, 500, 900, 950, 990, 999, 1000}) {
      const double exact = exact_quantile(values, permille) * 1e-9;
      const double got = histogram.quantile(permille).value();
      INFO("round " << round << ", permille " << permille << ", exact " << exact << ", got " << got);
      CHECK(std::abs(got - exact) <= exact * Histogram::kRelativeError * (1 + 1e-9) + 1e-18);
    }
  }
}

TEST_CASE("durations below 256 ns are kept exactly") {
  Histogram histogram;
  for (std::int64_t ns = 0; ns < 256; ++ns) histogram.add(Duration{ns});
  CHECK(histogram.quantile(0) == 0.0);
  CHECK(histogram.quantile(1000).value() == Approx(255e-9).epsilon(1e-12));
  CHECK(histogram.quantile(500).value() == Approx(127.5e-9).epsilon(1e-12));
}

TEST_CASE("the longest duration fits") {
  Histogram histogram;
  histogram.add(Duration::max());
  histogram.add(Duration::max());
  CHECK(histogram.distribution()->max == Approx(9223372036.854775807));
  CHECK(histogram.distribution()->mean == Approx(9223372036.854775807));
}

TEST_CASE("a histogram's mean and maximum are exact") {
  std::mt19937_64 rng(3);
  Histogram histogram;
  std::int64_t sum = 0;
  std::int64_t max = 0;
  std::int64_t count = 0;
  for (const auto value : spread_values(rng, 1000, 40)) {
    const auto times = static_cast<std::int64_t>(rng() % 5);
    histogram.add(Duration{value}, times);
    sum += value * times;
    count += times;
    if (times > 0) max = std::max(max, value);
  }
  REQUIRE(histogram.count() == count);
  CHECK(histogram.sum() == sum);
  CHECK(histogram.distribution()->mean == static_cast<double>(sum) / static_cast<double>(count) * 1e-9);
  CHECK(histogram.distribution()->max == static_cast<double>(max) * 1e-9);
}

TEST_CASE("merged histograms equal one histogram of all values") {
  std::mt19937_64 rng(5);
  Histogram one, left, right;
  for (const auto value : spread_values(rng, 2000, 50)) {
    one.add(Duration{value});
    (value % 3 == 0 ? left : right).add(Duration{value});
  }
  left.merge(right);
  CHECK(left.count() == one.count());
  CHECK(left.sum() == one.sum());
  for (int permille = 0; permille <= 1000; permille += 10) CHECK(left.quantile(permille) == one.quantile(permille));
}

TEST_CASE("an empty histogram has no quantile and no distribution") {
  Histogram histogram;
  CHECK_FALSE(histogram.quantile(500).has_value());
  CHECK_FALSE(histogram.distribution().has_value());
  CHECK(histogram.curve(10).empty());
  histogram.add(Duration{5}, 0);
  CHECK_FALSE(histogram.distribution().has_value());
}

TEST_CASE("a curve ascends, ends at one, and stays within its number of points") {
  std::mt19937_64 rng(11);
  Histogram histogram;
  for (const auto value : spread_values(rng, 20000, 45)) histogram.add(Duration{value});
  const auto curve = histogram.curve(100);
  REQUIRE(curve.size() >= 50);
  CHECK(curve.size() <= 202);
  CHECK(curve.back().fraction == 1.0);
  for (std::size_t i = 1; i < curve.size(); ++i) {
    CHECK(curve[i].value > curve[i - 1].value);
    CHECK(curve[i].fraction > curve[i - 1].fraction);
  }
}

}  // namespace
}  // namespace cleave

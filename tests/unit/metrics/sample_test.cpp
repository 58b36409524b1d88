#include "sim/metrics/sample.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <random>
#include <vector>

namespace cleave {
namespace {

TEST_CASE("percentiles interpolate linearly between order statistics") {
  Sample sample;
  for (const int ms : {40, 10, 30, 20}) sample.add(std::chrono::milliseconds{ms});
  constexpr std::array kPermilles{0, 500, 900, 1000};
  const auto q = sample.quantiles(kPermilles);
  // Positions 0, 1.5, 2.7 and 3 among 10, 20, 30, 40.
  CHECK(q[0] == Approx(0.010));
  CHECK(q[1] == Approx(0.025));
  CHECK(q[2] == Approx(0.037));
  CHECK(q[3] == Approx(0.040));
}

TEST_CASE("selected quantiles equal those of the sorted values") {
  std::mt19937_64 rng(1);
  constexpr std::array kPermilles{0, 1, 10, 500, 501, 900, 950, 990, 999, 1000};
  for (int round = 0; round < 200; ++round) {
    std::vector<std::int64_t> values(1 + rng() % 300);
    for (auto& value : values) value = static_cast<std::int64_t>(rng() % (round % 2 == 0 ? 10 : 1'000'000'000));
    Sample sample;
    for (const auto value : values) sample.add(Duration{value});
    std::sort(values.begin(), values.end());
    const auto q = sample.quantiles(kPermilles);
    for (std::size_t i = 0; i < kPermilles.size(); ++i) {
      const std::size_t position = (values.size() - 1) * static_cast<std::size_t>(kPermilles[i]);
      const double low = static_cast<double>(values[position / 1000]);
      const double high = static_cast<double>(values[std::min(position / 1000 + 1, values.size() - 1)]);
      INFO("round " << round << ", permille " << kPermilles[i] << " of " << values.size());
      CHECK(q[i] == Approx((low + (high - low) * static_cast<double>(position % 1000) / 1000.0) * 1e-9).margin(1e-18));
    }
  }
}

TEST_CASE("one value is its own every percentile") {
  Sample sample;
  sample.add(std::chrono::seconds{3});
  const auto d = sample.distribution().value();
  CHECK(d.count == 1);
  CHECK(d.mean == 3.0);
  CHECK(d.p50 == 3.0);
  CHECK(d.p99 == 3.0);
  CHECK(d.max == 3.0);
}

TEST_CASE("no values have no distribution") {
  CHECK_FALSE(Sample{}.distribution().has_value());
}

TEST_CASE("the mean of many large values does not overflow") {
  Sample sample;
  for (int i = 0; i < 100; ++i) sample.add(Duration::max());
  CHECK(sample.distribution()->mean == Approx(9223372036.854775807));
}

}  // namespace
}  // namespace cleave

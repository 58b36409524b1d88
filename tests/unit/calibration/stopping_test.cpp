#include <catch2/catch.hpp>
#include <vector>

#include "calibration/bench/harness/stopping.h"

using namespace cleave::bench;

TEST_CASE("a quantile lies linearly between its neighbours, in any order of the values") {
  const std::vector<double> values = {4, 1, 3, 2};
  CHECK(quantile(values, 0) == 1);
  CHECK(quantile(values, 0.5) == 2.5);
  CHECK(quantile(values, 1) == 4);
}

TEST_CASE("one outlier moves neither the median nor its interval") {
  std::vector<double> values(31, 2.0);
  values[7] = 1000;
  const MedianEstimate estimate = estimate_median(values);
  CHECK(estimate.median == 2.0);
  CHECK(estimate.high == 2.0);
  CHECK(estimate.relative_error() == 0);
}

TEST_CASE("the interval of a hundred spread values is that of the sign test") {
  std::vector<double> values;
  for (int i = 1; i <= 100; ++i) values.push_back(i);
  const MedianEstimate estimate = estimate_median(values);
  CHECK(estimate.median == 50.5);
  // Ranks 50 - 9.8 and 50 + 9.8, counted from 0 and rounded outwards.
  CHECK(estimate.low == 41);
  CHECK(estimate.high == 61);
}

TEST_CASE("equal timings stop at the fewest repeats") {
  Sampler sampler({.min_repeats = 5, .max_repeats = 60, .relative_error = 0.01, .max_seconds = 10});
  while (!sampler.done()) sampler.add(1.0, 0.001);
  CHECK(sampler.repeats() == 5);
}

TEST_CASE("noisy timings go on to the most repeats") {
  Sampler sampler({.min_repeats = 5, .max_repeats = 12, .relative_error = 0.01, .max_seconds = 10});
  for (int i = 0; !sampler.done(); ++i) sampler.add(i % 2 == 0 ? 1.0 : 2.0, 0.001);
  CHECK(sampler.repeats() == 12);
}

TEST_CASE("slow points stop when their time is spent, but not below the fewest repeats") {
  Sampler sampler({.min_repeats = 3, .max_repeats = 100, .relative_error = 0, .max_seconds = 0.5});
  for (int i = 0; !sampler.done(); ++i) sampler.add(1000 + i, 1.0);
  CHECK(sampler.repeats() == 3);
}

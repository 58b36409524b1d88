#include "sim/validation/statistics.h"

#include <catch2/catch.hpp>

namespace cleave {
namespace {

TEST_CASE("quantiles interpolate between order statistics") {
  CHECK(quantile_of({4, 1, 3, 2}, 0) == Approx(1));
  CHECK(quantile_of({4, 1, 3, 2}, 500) == Approx(2.5));
  CHECK(quantile_of({4, 1, 3, 2}, 900) == Approx(3.7));
  CHECK(quantile_of({4, 1, 3, 2}, 1000) == Approx(4));
  CHECK_FALSE(quantile_of({}, 500));
}

TEST_CASE("rank correlation sees order only, and equal values share a rank") {
  const std::vector<double> rising{1, 2, 3, 4};
  const std::vector<double> bent{1, 10, 100, 1000};
  const std::vector<double> falling{4, 3, 2, 1};
  const std::vector<double> tied{1, 2, 2, 3};
  CHECK(rank_correlation(rising, bent) == Approx(1));
  CHECK(rank_correlation(rising, falling) == Approx(-1));
  // Ranks 0 1.5 1.5 3 against 0 1 2 3: covariance 4.5, variances 4.5 and 5.
  CHECK(rank_correlation(tied, rising) == Approx(4.5 / std::sqrt(4.5 * 5)));
  CHECK_FALSE(rank_correlation(std::vector<double>{1, 1, 1}, std::vector<double>{1, 2, 3}));
  CHECK_FALSE(rank_correlation(std::vector<double>{1, 2}, std::vector<double>{1, 2}));
}

TEST_CASE("a series' error is relative to the measured peak, and a run that ends early counts as zero") {
  const std::vector<double> measured{0, 10, 10, 0};
  const std::vector<double> simulated{1, 9, 10, 0};
  CHECK(series_error(measured, simulated) == Approx(2.0 / 4 / 10));
  CHECK(series_error(measured, std::vector<double>{0, 10}) == Approx(10.0 / 4 / 10));
  CHECK(series_error(std::vector<double>{0, 10}, measured) == Approx(10.0 / 4 / 10));
  CHECK_FALSE(series_error(std::vector<double>{0, 0}, simulated));
}

TEST_CASE("a series that takes longer is off by what has moved to later seconds") {
  // Twice as long: each second's ten become two seconds' five, and what is left after the end is not there.
  CHECK(*stretched_series_error(std::vector<double>{10, 10, 0, 0}, 2) == Approx((5 + 5 + 5 + 5) / 4.0 / 10));
  CHECK(*stretched_series_error(std::vector<double>{10, 10}, 2) == Approx((5 + 5) / 2.0 / 10));
  CHECK(*stretched_series_error(std::vector<double>{3, 1, 4, 1}, 1) == Approx(0).margin(1e-12));
  CHECK_FALSE(stretched_series_error(std::vector<double>{}, 1.01));
}

}  // namespace
}  // namespace cleave

#include "calibration/fit/math/least_squares.h"

#include <catch2/catch.hpp>

#include "models/cost/forms/collective.h"
#include "models/cost/forms/gemm.h"

namespace cleave::fit {
namespace {

constexpr DeviceRates kDevice{989e12, 3.35e12, 132, 5e7, 450e9};

std::vector<GemmWork> shapes() {
  std::vector<GemmWork> out;
  for (double m = 1; m <= 8192; m *= 2) {
    for (const double n : {1024.0, 4096.0, 16384.0}) {
      for (const double k : {1024.0, 8192.0}) out.push_back({m, n, k, 2, 2, 2});
    }
  }
  return out;
}

TEST_CASE("a form's coefficients are found again, whatever a few wild measurements say") {
  const std::vector<double> truth{4e-6, 0.7, 0.85, 3.0, 0.1, 0.2};
  const std::vector<GemmWork> work = shapes();
  std::vector<double> measured;
  for (const GemmWork& w : work) measured.push_back(gemm_seconds(w, kDevice, truth));
  for (std::size_t i = 0; i < measured.size(); i += 13) measured[i] *= i % 2 == 0 ? 6 : 0.2;
  const auto fitted = fit_log(gemm::kCoefficients, measured, [&](Coefficients c, std::span<double> out) {
    for (std::size_t i = 0; i < work.size(); ++i) out[i] = gemm_seconds(work[i], kDevice, c);
  });
  for (std::size_t i = 0; i < work.size(); ++i) {
    CAPTURE(work[i].m, work[i].n, work[i].k);
    CHECK(gemm_seconds(work[i], kDevice, fitted) == Approx(gemm_seconds(work[i], kDevice, truth)).epsilon(0.03));
  }
  CHECK(fitted[1] == Approx(0.7).epsilon(0.03));
  CHECK(fitted[2] == Approx(0.85).epsilon(0.03));
}

TEST_CASE("coefficients stay within their bounds, and at their start where nothing was measured") {
  const std::vector<double> impossible(20, 1e-12);
  const auto fitted = fit_log(transfer::kCoefficients, impossible, [](Coefficients c, std::span<double> out) {
    for (double& seconds : out) seconds = transfer_seconds(1e6, c);
  });
  for (std::size_t i = 0; i < fitted.size(); ++i) {
    CHECK(fitted[i] >= transfer::kCoefficients[i].low * 0.999);
    CHECK(fitted[i] <= transfer::kCoefficients[i].high * 1.001);
  }
  const auto untouched = fit_log(transfer::kCoefficients, {}, [](Coefficients, std::span<double>) {});
  CHECK(untouched[0] == Approx(transfer::kCoefficients[0].initial));
}

TEST_CASE("non-negative least squares finds positive weights again and never returns a negative one") {
  // y = 2 a + 0 b + 3e-9 c, with b a trap that an unconstrained fit would use with a negative weight.
  std::vector<double> rows;
  std::vector<double> measured;
  for (int i = 1; i <= 60; ++i) {
    const double a = 1 + i % 7;
    const double c = 1e9 * (1 + (i * i) % 11);
    const double b = a + 0.5 * (i % 3);
    rows.insert(rows.end(), {a, b, c});
    measured.push_back(2 * a + 3e-9 * c - 0.05 * (i % 3));
  }
  measured[10] *= 30;  // an outlier
  const auto weights = fit_non_negative(rows, 3, measured);
  CHECK(weights[0] == Approx(2).epsilon(0.03));
  CHECK(weights[1] >= 0);
  CHECK(weights[1] < 0.02);
  CHECK(weights[2] == Approx(3e-9).epsilon(0.03));
}

}  // namespace
}  // namespace cleave::fit

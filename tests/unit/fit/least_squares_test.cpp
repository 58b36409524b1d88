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
  const std::vector<double> truth{4e-6, 0.7, 0.85, 3.0, 0.1, 0.2, 0.8, 2.5};
  REQUIRE(truth.size() == gemm::kCoefficients.size());
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

}  // namespace
}  // namespace cleave::fit

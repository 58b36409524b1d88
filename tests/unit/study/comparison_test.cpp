// Verdicts about two sets of runs: exact cases, and how often they are right.

#include "sim/study/compare/comparison.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "sim/core/rng.h"
#include "sim/metrics/student.h"

namespace cleave {
namespace {

constexpr double kError = 0.01;

MetricComparison compared(const GatedMetric& metric, const SeedValues& base, const SeedValues& head) {
  std::vector<MetricComparison> one{measure(metric, two_means(base, head), kError)};
  judge(one, kError);
  return one.front();
}

GatedMetric lower(double margin) {
  return {"m", Better::lower, {margin, false}};
}

TEST_CASE("Student's t agrees with printed tables") {
  CHECK(student_quantile(0.975, 9) == Approx(2.262157163).epsilon(1e-8));
  CHECK(student_quantile(0.995, 4) == Approx(4.604094871).epsilon(1e-8));
  CHECK(student_quantile(0.95, 1) == Approx(6.313751515).epsilon(1e-8));
  CHECK(student_cdf(1.812461123, 10) == Approx(0.95).epsilon(1e-9));
  CHECK(student_cdf(-1.812461123, 10) == Approx(0.05).epsilon(1e-8));
  CHECK(student_quantile(0.3, 7) == Approx(-student_quantile(0.7, 7)));
}

TEST_CASE("equal values are no worse, however few") {
  CHECK(compared(lower(0.01), {{1, 5.0}}, {{1, 5.0}}).verdict == Verdict::no_worse);
  CHECK(compared(lower(0.01), {{1, 5.0}, {2, 6.0}}, {{1, 5.0}, {2, 6.0}}).verdict == Verdict::no_worse);
  CHECK(compared(lower(0.01), {{1, 0.0}, {2, 0.0}}, {{1, 0.0}, {2, 0.0}}).verdict == Verdict::no_worse);
}

TEST_CASE("one seed of each side cannot tell a change from noise") {
  CHECK(compared(lower(0.01), {{1, 5.0}}, {{1, 6.0}}).verdict == Verdict::inconclusive);
  CHECK(compared(lower(0.01), {{1, 5.0}}, {{1, 4.0}}).verdict == Verdict::inconclusive);
}

TEST_CASE("pairs cancel the noise that both sides share") {
  SeedValues base;
  SeedValues head;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    base[seed] = 10 + static_cast<double>(seed);  // seeds differ by far more than the effect
    head[seed] = base[seed] * 1.03 + 0.001 * static_cast<double>(seed % 2);
  }
  const auto paired = compared(lower(0.01), base, head);
  CHECK(paired.verdict == Verdict::worse);
  CHECK(paired.effect == Approx(0.03).margin(1e-3));
  SeedValues others;
  for (const auto& [seed, value] : head) others[seed + 100] = value;
  CHECK(compared(lower(0.01), base, others).verdict == Verdict::inconclusive);
}

TEST_CASE("a change within the margin is no worse although it is surely a change") {
  SeedValues base;
  SeedValues head;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    base[seed] = 10 + 0.01 * static_cast<double>(seed % 3);
    head[seed] = base[seed] * 1.005;
  }
  CHECK(compared(lower(0.02), base, head).verdict == Verdict::no_worse);
  CHECK(compared(lower(0.001), base, head).verdict == Verdict::worse);
}

TEST_CASE("which side is better is the metric's to say") {
  const SeedValues small{{1, 1.0}, {2, 1.1}, {3, 0.9}};
  const SeedValues large{{1, 2.0}, {2, 2.1}, {3, 1.9}};
  CHECK(compared({"m", Better::lower, {}}, small, large).verdict == Verdict::worse);
  CHECK(compared({"m", Better::higher, {}}, small, large).verdict == Verdict::better);
  CHECK(compared({"m", Better::lower, {}}, large, small).verdict == Verdict::better);
}

TEST_CASE("a base of zero needs an absolute margin") {
  const SeedValues zero{{1, 0.0}, {2, 0.0}, {3, 0.0}};
  const SeedValues some{{1, 1.0}, {2, 1.0}, {3, 1.0}};
  CHECK(compared(lower(0.5), zero, some).verdict == Verdict::inconclusive);
  CHECK(compared({"m", Better::lower, {0.5, true}}, zero, some).verdict == Verdict::worse);
  CHECK(compared({"m", Better::lower, {1.5, true}}, zero, some).verdict == Verdict::no_worse);
}

TEST_CASE("the interval of a ratio is Fieller's") {
  // Unpaired, base 10 +- 1 and head 11 +- 1 (standard errors of the means), t = 2 at 4 degrees of freedom or so: the
  // ends solve (11 - 10 r)^2 = t^2 (1 + r^2).
  TwoMeans means{10, 11, 1, 1, 0, 3, 3, false};
  const MetricComparison m = measure(lower(0.1), means, 0.05);
  const double nu = (1 + 1.21) * (1 + 1.21) / (1.21 * 1.21 / 2 + 1.0 / 2);
  const double t = student_quantile(0.95, nu);
  REQUIRE(m.low);
  for (const double r : {1 + *m.low, 1 + *m.high}) CHECK((11 - 10 * r) * (11 - 10 * r) == Approx(t * t * (1 + r * r)));
}

TEST_CASE("Holm's adjustment follows its definition") {
  const std::vector<double> adjusted = holm({0.01, 0.04, 0.03, 0.005});
  CHECK(adjusted[3] == Approx(0.02));
  CHECK(adjusted[0] == Approx(0.03));
  CHECK(adjusted[2] == Approx(0.06));
  CHECK(adjusted[1] == Approx(0.06));
  CHECK(holm({}).empty());
  CHECK(holm({0.9, 0.8})[0] == 1.0);
}

TEST_CASE("nothing compared is inconclusive, and one worse metric makes the whole worse") {
  CHECK(overall({}) == Verdict::inconclusive);
  std::vector<MetricComparison> metrics(3);
  metrics[0].verdict = Verdict::better;
  metrics[1].verdict = Verdict::no_worse;
  metrics[2].verdict = Verdict::better;
  CHECK(overall(metrics) == Verdict::no_worse);
  metrics[0].verdict = Verdict::inconclusive;
  CHECK(overall(metrics) == Verdict::inconclusive);
  metrics[2].verdict = Verdict::worse;
  CHECK(overall(metrics) == Verdict::worse);
}

/// Runs of a system whose metrics share the load's noise: what a simulator gives, with known truth.
struct Trial {
  std::size_t metrics = 6;
  std::size_t seeds = 10;
  double noise = 0.01;    // of a run, relative
  double regression = 0;  // of the first metric
  bool other_seeds = true;

  /// The verdict over all metrics.
  [[nodiscard]] Verdict run(std::uint64_t number) const {
    std::vector<MetricComparison> compared;
    for (std::size_t m = 0; m < metrics; ++m) {
      Rng draws = RngBook{number}.stream("trial").below(m);
      SeedValues base;
      SeedValues head;
      for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        const double shared = other_seeds ? 0 : standard_normal(draws);
        const double worse = m == 0 ? 1 + regression : 1;
        base[seed] = std::exp(noise * (other_seeds ? standard_normal(draws) : shared));
        head[seed + (other_seeds ? 1000 : 0)] =
            worse * std::exp(noise * (other_seeds ? standard_normal(draws) : shared + 0.2 * standard_normal(draws)));
      }
      compared.push_back(measure({"m", Better::lower, {0.02, false}}, two_means(base, head), kError));
    }
    judge(compared, kError);
    return overall(compared);
  }
};

int count(const Trial& trial, Verdict verdict) {
  int found = 0;
  for (std::uint64_t number = 1; number <= 100; ++number) found += trial.run(number) == verdict ? 1 : 0;
  return found;
}

TEST_CASE("a regression of 3 % is called worse in at least 95 of 100 trials, with equal and with other seeds") {
  Trial trial;
  trial.regression = 0.03;
  CHECK(count(trial, Verdict::worse) >= 95);
  trial.other_seeds = false;
  CHECK(count(trial, Verdict::worse) >= 95);
}

TEST_CASE("the same system under other seeds is called worse in at most 5 of 100 trials, over all metrics together") {
  Trial trial;
  CHECK(count(trial, Verdict::worse) <= 5);
  trial.noise = 0.05;  // however noisy
  CHECK(count(trial, Verdict::worse) <= 5);
  trial.metrics = 40;  // and however many metrics
  CHECK(count(trial, Verdict::worse) <= 5);
}

TEST_CASE("with enough seeds for its noise the same system is found no worse in at least 95 of 100 trials") {
  Trial trial;
  trial.seeds = 24;
  const int passed = count(trial, Verdict::no_worse) + count(trial, Verdict::better);
  CHECK(passed >= 95);
}

}  // namespace
}  // namespace cleave

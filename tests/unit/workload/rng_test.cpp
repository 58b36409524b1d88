#include "sim/core/rng.h"

#include <catch2/catch.hpp>

#include <array>
#include <cmath>
#include <functional>

using namespace cleave;

TEST_CASE("draws are those of Philox4x32-10") {
  // Random123's own vector for an all-zero counter and key, as two little-endian 64-bit words.
  Rng zero(0, 0);
  CHECK(zero.next() == 0xe169c58d6627e8d5ULL);
  CHECK(zero.next() == 0x9b00dbd8bc57ac4cULL);
  // Counters (0, stream) and (1, stream), from a separate implementation that passes Random123's vectors.
  Rng pi(0x299f31d0a4093822ULL, 0x0370734413198a2eULL);
  CHECK(pi.next() == 0x61bd7780b60a410eULL);
  CHECK(pi.next() == 0x3d51eb3fa53f3958ULL);
  CHECK(pi.next() == 0x0ab83527314ddb4bULL);
  CHECK(pi.next() == 0x3fc8cf4c9fc3cabeULL);
}

TEST_CASE("a new stream or an extra draw moves no other stream") {
  const RngBook book(7);
  Rng alone = book.stream("workload/chat/arrivals");
  Rng beside = book.stream("workload/chat/arrivals");
  Rng other = book.stream("workload/chat/lengths");
  for (int i = 0; i < 100; ++i) {
    (void)other.next();
    (void)other.next();
    REQUIRE(alone.next() == beside.next());
  }
}

TEST_CASE("streams differ by seed, by name and by number below a name") {
  const RngBook book(7);
  const std::uint64_t reference = book.stream("a").next();
  CHECK(RngBook(8).stream("a").next() != reference);
  CHECK(book.stream("b").next() != reference);
  CHECK(book.stream("a").below(0).next() != reference);
  CHECK(book.stream("a").below(0).next() != book.stream("a").below(1).next());
  CHECK(book.stream("a").below(1).below(2).next() != book.stream("a").below(2).below(1).next());
}

TEST_CASE("a stream below another does not depend on what was drawn there") {
  Rng drawn = RngBook(7).stream("a");
  (void)drawn.next();
  CHECK(drawn.below(3).next() == RngBook(7).stream("a").below(3).next());
}

TEST_CASE("whole numbers below n are uniform, at the largest n too") {
  Rng rng = RngBook(1).stream("test");
  CHECK(uniform_below(rng, 1) == 0);
  std::array<int, 3> counts{};
  constexpr int kDraws = 300000;
  for (int i = 0; i < kDraws; ++i) ++counts[uniform_below(rng, 3)];
  for (const int count : counts) CHECK(std::abs(count - kDraws / 3) < 5 * std::sqrt(kDraws * 2.0 / 9.0));
  // Of the 2^64 raw draws, n = 3/4 of that many results get one or two each: without rejection the multiples of three
  // would come twice as often as the others.
  int multiples = 0;
  for (int i = 0; i < 30000; ++i) multiples += uniform_below(rng, 3ULL << 62) % 3 == 0 ? 1 : 0;
  CHECK(std::abs(multiples - 10000) < 5 * std::sqrt(30000 * 2.0 / 9.0));
}

namespace {

struct Moments {
  double mean = 0;
  double variance = 0;
};

Moments moments(const std::function<double(Rng&)>& draw, int draws = 400000) {
  Rng rng = RngBook(42).stream("moments");
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < draws; ++i) {
    const double x = draw(rng);
    sum += x;
    squares += x * x;
  }
  const double mean = sum / draws;
  return {mean, squares / draws - mean * mean};
}

}  // namespace

TEST_CASE("every distribution has the mean and variance that its formula gives") {
  const auto is_near = [](Moments got, double mean, double variance, double tolerance) {
    CHECK(got.mean == Approx(mean).epsilon(tolerance).margin(0.01));
    CHECK(got.variance == Approx(variance).epsilon(3 * tolerance));
  };
  SECTION("uniform") {
    is_near(moments([](Rng& r) { return uniform01(r); }), 0.5, 1.0 / 12, 0.005);
  }
  SECTION("exponential") {
    is_near(moments([](Rng& r) { return exponential(r, 3.0); }), 3.0, 9.0, 0.01);
  }
  SECTION("normal") {
    is_near(moments([](Rng& r) { return standard_normal(r); }), 0.0, 1.0, 0.01);
  }
  SECTION("lognormal") {
    const double mean = std::exp(1.0 + 0.125);
    is_near(moments([](Rng& r) { return lognormal(r, 1.0, 0.5); }), mean, (std::exp(0.25) - 1) * mean * mean, 0.01);
  }
  SECTION("gamma of shape above one") {
    is_near(moments([](Rng& r) { return gamma(r, 4.5, 2.0); }), 9.0, 18.0, 0.01);
  }
  SECTION("gamma of shape below one") {
    is_near(moments([](Rng& r) { return gamma(r, 0.25, 4.0); }), 1.0, 4.0, 0.02);
  }
  SECTION("weibull") {
    const double g1 = std::tgamma(1 + 1 / 1.5);
    const double g2 = std::tgamma(1 + 2 / 1.5);
    is_near(moments([](Rng& r) { return weibull(r, 1.5, 2.0); }), 2 * g1, 4 * (g2 - g1 * g1), 0.01);
  }
}

// Laws of the physical forms over coefficients that no fit would find: they hold by construction.

#include <catch2/catch.hpp>

#include <cmath>

#include "calibration/fit/family.h"
#include "models/cost/forms/collective.h"
#include "models/cost/forms/gemm.h"

namespace cleave::fit {
namespace {

constexpr DeviceRates kDevice{989e12, 3.35e12, 132, 5e7, 450e9};
constexpr DeviceRates kWithoutLinks{362e12, 0.864e12, 142, 1e8, 32e9, true};

/// Numbers in [0, 1) that are the same on every machine.
class Draws {
 public:
  double next() {
    state_ = mixed_key({static_cast<double>(state_ % 1000000007), 3});
    return static_cast<double>(state_ >> 11) * 0x1p-53;
  }

 private:
  std::uint64_t state_ = 12345;
};

std::vector<double> any_coefficients(const Family& family, Draws& draws) {
  std::vector<double> out;
  for (const Coefficient& c : family.coefficients) out.push_back(c.low * std::pow(c.high / c.low, draws.next()));
  return out;
}

Sample any_sample(const Family& family, Draws& draws) {
  Sample sample;
  for (std::size_t i = 0; i < family.axes.size(); ++i) {
    const std::string_view axis = family.axes[i];
    double value = std::exp2(std::floor(draws.next() * 14));
    if (axis == "bytes") value = std::exp2(8 + draws.next() * 24);
    if (axis == "ranks") value = 2;
    if (axis == "kind") value = std::floor(draws.next() * 4);
    if (axis == "window") value = draws.next() < 0.5 ? 0 : 1024;
    if (axis == "prefix") value = draws.next() < 0.5 ? 0 : 2048;
    if (axis.ends_with("_bytes") || axis == "warm") value = draws.next() < 0.5 ? 1 : 2;
    if (axis.ends_with("_ranks")) value = 1;
    if (axis == "experts") value = 256;
    if (axis == "top_k") value = 8;
    if (axis == "kv_heads") value = 1;
    sample.axis[i] = value;
  }
  return sample;
}

TEST_CASE("more work never takes less time, and every time is above zero, in every form") {
  for (const Family& family : families()) {
    Draws draws;
    for (int i = 0; i < 2000; ++i) {
      const std::vector<double> c = any_coefficients(family, draws);
      const Sample sample = any_sample(family, draws);
      const DeviceRates& device = i % 2 == 0 ? kDevice : kWithoutLinks;
      const double here = family.seconds(sample.axis, device, c);
      REQUIRE(here > 0);
      for (const std::size_t axis : family.growing) {
        for (const double factor : {1.3, 2.0, 16.0}) {
          Sample more = sample;
          more.axis[axis] = std::ceil(more.axis[axis] * factor);
          CAPTURE(family.name, family.axes[axis], sample.axis, c, factor);
          REQUIRE(family.seconds(more.axis, device, c) >= here * (1 - 1e-12));
        }
      }
    }
  }
}

TEST_CASE("decode attention is affine in KV bytes at large context, a cached prefix saves prefill") {
  for (const char* name : {"decode_attention", "prefill_attention"}) {
    const Family& family = *find_family(name);
    REQUIRE(family.law.holds != nullptr);
    Draws draws;
    for (int i = 0; i < 500; ++i) {
      std::vector<double> c = any_coefficients(family, draws);
      const Sample sample = any_sample(family, draws);
      // A launch of milliseconds would hide the rest.
      c[0] = family.coefficients[0].initial;
      if (family.name == "decode_attention") {
        for (const std::size_t fixed : {1U, 6U, 7U}) c[fixed] = family.coefficients[fixed].initial;
      }
      CAPTURE(family.name, sample.axis, c);
      REQUIRE(family.law.holds(sample, kDevice, c));
    }
  }
}

TEST_CASE("weights that the cache keeps are read faster, weights used once, or too many, are not") {
  std::vector<double> c;
  for (const Coefficient& each : gemm::kCoefficients) c.push_back(each.initial);
  const auto seconds = [&](double n, double k, double in_turn) {
    return gemm_seconds({16, n, k, 2, 2, 2, in_turn}, kDevice, c);
  };
  const double launch = c[0];
  CHECK(seconds(1024, 2048, 6) < seconds(1024, 2048, 0));           // 25 MB of 40: kept
  CHECK(seconds(8192, 8192, 6) == Approx(seconds(8192, 8192, 0)));  // 805 MB: not
  CHECK(seconds(1024, 2048, 1000) == Approx(seconds(1024, 2048, 0)));
  const double all = seconds(8192, 8192, 0) - launch;
  CHECK(all == Approx(2.0 * 8192 * 8192 / (kDevice.bandwidth * c[2])).epsilon(0.1));
}

TEST_CASE("ranks without links of their own share an uplink with their neighbour, ranks with links do not") {
  const std::vector<double> c{1e-12, 1e-12, 1, 1e-9, 1, 1e-12};  // bytes alone count
  const auto seconds = [&](double ranks, const DeviceRates& device) {
    return direct_all_reduce_seconds({CollectiveKind::all_reduce, ranks, 1e9}, device, c);
  };
  CHECK(seconds(2, kWithoutLinks) == Approx(1e9 / 32e9).epsilon(1e-3));
  // What each of the two reads from beyond their switch: 2 x 1/4 x 2 and 2 x 1/8 x 6 buffers.
  CHECK(seconds(4, kWithoutLinks) == Approx(2e9 / 32e9).epsilon(1e-3));
  CHECK(seconds(8, kWithoutLinks) == Approx(3e9 / 32e9).epsilon(1e-3));
  CHECK(seconds(8, kDevice) == Approx(1.75e9 / 450e9).epsilon(1e-3));
}

TEST_CASE("small buffers are reduced in one pass over all peers, large ones in two") {
  const std::vector<double> c{1e-12, 1e-12, 1, 1e-9, 1, 5e-6};
  const auto seconds = [&](double bytes) {
    return direct_all_reduce_seconds({CollectiveKind::all_reduce, 8, bytes}, kDevice, c);
  };
  CHECK(seconds(45e3) == Approx(7 * 45e3 / 450e9).epsilon(1e-3));
  CHECK(seconds(45e6) == Approx(5e-6 + 1.75 * 45e6 / 450e9).epsilon(1e-3));
}

}  // namespace
}  // namespace cleave::fit

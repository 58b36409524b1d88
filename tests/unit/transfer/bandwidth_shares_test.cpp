// Dividing a link by need.
#include "sim/transfer/bandwidth_shares.h"

#include <catch2/catch.hpp>
#include <numeric>

#include "sim/core/rng.h"

using namespace cleave;

namespace {

constexpr BytesPerSecond kLink{12e9};

BandwidthDemand needs(double rate, std::int64_t first = 1'000'000, double most = 50e9) {
  return {BytesPerSecond{rate}, BytesPerSecond{most}, Bytes{first}};
}

double sum(const std::vector<BytesPerSecond>& rates) {
  return std::accumulate(rates.begin(), rates.end(), 0.0, [](double all, BytesPerSecond r) { return all + r.value(); });
}

}  // namespace

TEST_CASE("who needs less than the fair share gets its need, and the others share the rest") {
  const std::vector<BandwidthDemand> demands{needs(1e9), needs(20e9), needs(9e9), needs(3e9)};
  const auto rates = divide_by_need(kLink, demands);
  CHECK(rates[0].value() == Approx(1e9));
  CHECK(rates[1].value() == Approx(4e9));
  CHECK(rates[2].value() == Approx(4e9));
  CHECK(rates[3].value() == Approx(3e9));
}

TEST_CASE("what is left over goes where first bytes are waited for longest, above every need") {
  const std::vector<BandwidthDemand> demands{needs(1e9, 4'000'000), needs(1e9, 1'000'000)};
  const auto rates = divide_by_need(kLink, demands);
  CHECK(rates[0].value() == Approx(8e9));  // roots of first bytes: two to one
  CHECK(rates[1].value() == Approx(4e9));
  const std::vector<BandwidthDemand> floor{needs(1e9, 1'000'000), needs(9e9, 1'000'000)};
  CHECK(divide_by_need(kLink, floor)[0].value() == Approx(3e9));
  CHECK(divide_by_need(kLink, floor)[1].value() == Approx(9e9));
}

TEST_CASE("who has nothing to hide its load behind takes its fair share and no need") {
  const std::vector<BandwidthDemand> demands{{std::nullopt, BytesPerSecond{50e9}, Bytes{1}}, needs(2e9)};
  const auto rates = divide_by_need(kLink, demands);
  CHECK(rates[0].value() == Approx(10e9));
  CHECK(rates[1].value() == Approx(2e9));
}

TEST_CASE("rates sum to the link, or to what can be used of it, and nobody gets more than it can use") {
  Rng draw = RngBook{5}.stream("test");
  for (int round = 0; round < 500; ++round) {
    std::vector<BandwidthDemand> demands;
    const auto count = 1 + draw.next() % 8;
    double usable = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      const double most = 1e8 + uniform01(draw) * 8e9;
      usable += most;
      demands.push_back(
          needs(1e8 + uniform01(draw) * 12e9, 1 + static_cast<std::int64_t>(uniform01(draw) * 1e8), most));
      if (uniform01(draw) < 0.2) demands.back().need.reset();
    }
    const auto rates = divide_by_need(kLink, demands);
    INFO("round " << round);
    CHECK(sum(rates) == Approx(std::min(usable, kLink.value())).epsilon(1e-9));
    for (std::size_t i = 0; i < rates.size(); ++i) {
      CHECK(rates[i].value() <= demands[i].most.value() * (1 + 1e-12));
      // Nobody is below its need while somebody else is above its own.
      const double need = std::min(demands[i].need.value_or(demands[i].most), demands[i].most).value();
      for (std::size_t j = 0; j < rates.size() && rates[i].value() < need * (1 - 1e-9); ++j) {
        const double other = std::min(demands[j].need.value_or(demands[j].most), demands[j].most).value();
        CHECK(rates[j].value() <= other * (1 + 1e-9));
      }
    }
  }
}

// Times and prices of tiers.

#include <catch2/catch.hpp>

#include "models/tier/tier_cost.h"
#include "tests/unit/models/specs.h"

namespace cleave {
namespace {

using namespace std::chrono_literals;

template <class T>
Sourced<T> number(T value) {
  return {value, "a test", Confidence::assumed};
}

TierSpec plain_tier() {
  TierSpec tier;
  tier.read = number(BytesPerSecond{10e9});
  tier.write = number(BytesPerSecond{5e9});
  tier.latency = number(Duration{100us});
  return tier;
}

// Llama-70B: a prefix of 1000 tokens, 327 680 bytes each, recomputed in 40 ms on 8 x H100 at 24 $/h.
constexpr Bytes kPrefix{327'680'000};
const Usd kRecompute{0.00026};

}  // namespace

TEST_CASE("without limits an access takes the latency and its bytes, writes at their own rate") {
  const TierSpec tier = plain_tier();
  CHECK(tier_stages(tier, TierAccess::read, {Bytes{1'000'000'000}, 1000}).total() == 100us + 100ms);
  CHECK(tier_stages(tier, TierAccess::write, {Bytes{1'000'000'000}, 1}).total() == 100us + 200ms);
}

TEST_CASE("small accesses are bound by operations per second, large ones by the bandwidth") {
  TierSpec tier = plain_tier();
  tier.reads_per_second = number(100'000.0);
  CHECK(tier_stages(tier, TierAccess::read, {Bytes{4096 * 1000}, 1000}).rate.value() == Approx(4096 * 100'000.0));
  CHECK(tier_stages(tier, TierAccess::read, {Bytes{1 << 30}, 1000}).rate.value() == Approx(10e9));
}

TEST_CASE("a queue of one pays the latency for every access, a deep one hides it") {
  TierSpec tier = plain_tier();
  tier.queue_depth = number(1U);
  const TierLoad load{Bytes{64 * 1024 * 1000}, 1000};
  CHECK(to_seconds(tier_stages(tier, TierAccess::read, load).total()) == Approx(1000 * 100e-6 + 65.536e6 / 10e9));
  tier.queue_depth = number(1000U);
  CHECK(to_seconds(tier_stages(tier, TierAccess::read, load).total()) ==
        Approx(100e-6 + 65.536e6 / 10e9).epsilon(0.01));
}

TEST_CASE("a short access occupies the medium for its smallest unit") {
  TierSpec tier = plain_tier();
  tier.access_size = number(Bytes{4096});
  CHECK(tier_stages(tier, TierAccess::read, {Bytes{1000}, 10}).bytes == Bytes{40960});
}

TEST_CASE("connections of an object store bound few large reads") {
  const TierSpec& s3 = catalogue().tier("s3-standard");
  const TierStages one = tier_stages(s3, TierAccess::read, {Bytes{875'000'000}, 1});
  CHECK(one.rate.value() == Approx(87.5e6));
  CHECK(one.before == 150ms);
  const TierStages many = tier_stages(s3, TierAccess::read, in_objects(Bytes{20'000'000'000}, Bytes{16'777'216}));
  CHECK(many.rate.value() > 6e9);
  CHECK(many.rate.value() <= 12.5e9);
}

TEST_CASE("objects round up") {
  CHECK(in_objects(Bytes{100}, Bytes{30}).accesses == 4);
  CHECK(in_objects(Bytes{90}, Bytes{30}).accesses == 3);
  CHECK(in_objects(Bytes{0}, Bytes{30}).accesses == 1);
}

TEST_CASE("the 70B example breaks even at 29 reuses a month on S3 Standard") {
  const auto reuses = break_even_reuses(catalogue().tier("s3-standard"), {kPrefix, 1}, kRecompute);
  REQUIRE(reuses);
  CHECK(*reuses == Approx(29).margin(0.5));
}

TEST_CASE("retrieval fees make S3 Express pay only for prefixes that return every hour or two") {
  const TierSpec& express = catalogue().tier("s3-express");
  CHECK(access_price(express, TierAccess::read, {kPrefix, 1}).value() == Approx(0.00020).epsilon(0.02));
  const auto reuses = break_even_reuses(express, {kPrefix, 1}, kRecompute);
  REQUIRE(reuses);
  CHECK(730 / *reuses == Approx(1.4).epsilon(0.15));
}

TEST_CASE("own flash breaks even at 7 reuses a month, DDR5 at one in an hour and a half") {
  CHECK(*break_even_reuses(catalogue().tier("nvme-gen4"), {kPrefix, 1}, kRecompute) == Approx(7.5).margin(0.5));
  CHECK(730 / *break_even_reuses(catalogue().tier("dram-pcie5"), {kPrefix, 1}, kRecompute) == Approx(1.5).margin(0.1));
}

TEST_CASE("keeping never pays where a read costs more than computing, and nothing is said without a price") {
  TierSpec tier = plain_tier();
  CHECK_FALSE(rent_per_month(tier, kPrefix));
  tier.price_per_gb_month = number(Usd{0.01});
  tier.price_per_gb_read = number(Usd{1.0});
  CHECK_FALSE(break_even_reuses(tier, {kPrefix, 1}, kRecompute));
}

TEST_CASE("every tier of the catalogue is slower with more and smaller accesses, and no access beats its bandwidth") {
  for (const std::string_view name : catalogue().names(CatalogueKind::tier)) {
    const TierSpec& tier = catalogue().tier(name);
    CAPTURE(name);
    const Bytes bytes{1'000'000'000};
    Duration before{};
    for (const std::int64_t accesses : {1'000, 10'000, 100'000, 1'000'000}) {
      const TierStages stages = tier_stages(tier, TierAccess::read, {bytes, accesses});
      CHECK(stages.total() >= before);
      CHECK(stages.rate <= tier.read.value);
      before = stages.total();
    }
  }
}

}  // namespace cleave

// Times and prices of tiers.

#include <catch2/catch.hpp>

#include "models/arch/kv_footprint.h"
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

/// What is kept or computed anew: KV of a prompt, and what computing it costs.
struct Prefix {
  Bytes kv;
  Usd recompute;
};

/// A prefix of 1000 tokens on 8 x H100 at 3 $/h each, 445 TFLOPS reached on each, two operations a parameter and token.
/// Source: facts.md 15, which names 141e9 operations a token for Llama-70B and 37e9 active parameters for DeepSeek-V3.
Prefix thousand_tokens(const char* model, double operations_per_token) {
  constexpr double kTokens = 1000;
  constexpr double kReached = 8 * 445e12;
  constexpr double kUsdPerSecond = 8 * 3.0 / 3600;
  const KvFootprint kv = kv_footprint(catalogue().llm(model), {});
  return {Bytes{std::llround(kTokens * kv.growing)}, Usd{kTokens * operations_per_token / kReached * kUsdPerSecond}};
}
Prefix llama_70b() {
  return thousand_tokens("llama-3.1-70b", 141e9);
}
Prefix deepseek_v3() {
  return thousand_tokens("deepseek-v3", 2 * 37e9);
}

/// Reuses a month, one read each, from which keeping costs less.
double reuses(const char* tier, const Prefix& prefix) {
  const auto fewest = break_even_reuses(catalogue().tier(tier), {prefix.kv, 1}, prefix.recompute);
  REQUIRE(fewest);
  return *fewest;
}

constexpr double kHoursPerMonth = 730;

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

TEST_CASE("the 70B example: 328 MB that cost 0.00026 $ to compute in 40 ms") {
  CHECK(llama_70b().kv == Bytes{327'680'000});
  CHECK(llama_70b().recompute.value() == Approx(0.00026).epsilon(0.02));
  CHECK(rent_per_month(catalogue().tier("s3-standard"), llama_70b().kv)->value() == Approx(0.0075).epsilon(0.01));
  CHECK(rent_per_month(catalogue().tier("s3-express"), llama_70b().kv)->value() == Approx(0.036).epsilon(0.01));
}

TEST_CASE("the 70B example breaks even at 29 reuses a month on S3 Standard, one in 25 hours") {
  CHECK(reuses("s3-standard", llama_70b()) == Approx(29).margin(0.5));
  CHECK(kHoursPerMonth / reuses("s3-standard", llama_70b()) == Approx(25).margin(1));
}

TEST_CASE("retrieval fees eat three quarters of what S3 Express saves: one reuse in 1.4 hours") {
  const Prefix prefix = llama_70b();
  const Usd fee = access_price(catalogue().tier("s3-express"), TierAccess::read, {prefix.kv, 1});
  CHECK(fee.value() == Approx(0.00020).epsilon(0.02));
  CHECK(ratio(fee, prefix.recompute) == Approx(0.75).margin(0.02));
  CHECK(kHoursPerMonth / reuses("s3-express", prefix) == Approx(1.4).margin(0.1));
}

TEST_CASE("own flash breaks even at 7 reuses a month, DDR5 at one in an hour and a half") {
  CHECK(reuses("nvme-gen4", llama_70b()) == Approx(7).margin(0.5));
  CHECK(reuses("nvme-gen5", llama_70b()) == Approx(7).margin(0.5));
  CHECK(kHoursPerMonth / reuses("dram-pcie5", llama_70b()) == Approx(1.5).margin(0.1));
}

TEST_CASE("latent attention keeps less than it saves computing: 12 reuses a month on S3 Standard, 2.5 times fewer") {
  CHECK(static_cast<double>(deepseek_v3().kv.value()) == Approx(70e6).epsilon(0.01));
  CHECK(deepseek_v3().recompute.value() == Approx(0.00014).epsilon(0.02));
  CHECK(reuses("s3-standard", deepseek_v3()) == Approx(12).margin(0.5));
  CHECK(reuses("s3-standard", llama_70b()) / reuses("s3-standard", deepseek_v3()) == Approx(2.5).margin(0.1));
}

TEST_CASE("break-evens move with the price of accelerators alone") {
  Prefix dear = llama_70b();
  dear.recompute = dear.recompute * 2.0;
  CHECK(reuses("nvme-gen4", dear) == Approx(reuses("nvme-gen4", llama_70b()) / 2));
}

TEST_CASE("keeping never pays where a read costs more than computing, and nothing is said without a price") {
  TierSpec tier = plain_tier();
  CHECK_FALSE(rent_per_month(tier, llama_70b().kv));
  tier.price_per_gb_month = number(Usd{0.01});
  tier.price_per_gb_read = number(Usd{1.0});
  CHECK_FALSE(break_even_reuses(tier, {llama_70b().kv, 1}, llama_70b().recompute));
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

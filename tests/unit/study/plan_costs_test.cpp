// What clusters cost: accelerators, storage, fees, egress and power, under named price lists.

#include "sim/study/plan/costs.h"

#include <catch2/catch.hpp>

#include "models/units/error.h"

namespace cleave {
namespace {

using Catch::Contains;

const std::filesystem::path kCatalogue = std::filesystem::path(CLEAVE_SOURCE_DIR) / "models" / "catalog";

const Catalogue& catalogue() {
  static const Catalogue loaded = Catalogue::load(kCatalogue);
  return loaded;
}

template <class T>
Sourced<T> number(T value) {
  return {value, "a test", Confidence::assumed};
}

/// Round numbers: 10 $/h and 1000 W rated, a PUE of 1.5.
PriceList test_list() {
  PriceList list;
  list.name = "test";
  list.includes_power = true;
  list.tiers["s3-express"] = {number(Usd{0.73}), {}, number(Usd{1.0}), number(Usd{2.0}), number(Usd{3.0}), {}};
  list.tiers["dram-pcie5"] = {number(Usd{7.3}), number(Bytes{100'000'000'000}), {}, {}, {}, {}};
  list.usd_per_kwh = number(0.1);
  list.pue = number(1.5);
  list.power = {number(0.1), number(0.9), number(0.5), {{"h100-sxm", number(Watts{300})}}};
  list.egress_per_gb = number(Usd{0.02});
  return list;
}

PlanOption split() {
  PlanOption option;
  option.layout = "split";
  option.pools = {{"p", "prefill", "h100-sxm", 1, 1, 10, 1000, nullptr},
                  {"d", "decode", "h100-sxm", 1, 1, 10, 1000, nullptr}};
  return option;
}

/// An hour with 2 million prompt and 1 million output tokens.
constexpr const char* kHour = R"({"simulated_s": 3600, "tokens": {"input": 2000000, "output": 1000000},
  "pools": [{"utilisation": 0.5}, {"utilisation": 1.0}], "links": []})";

Scenario scenario_with(const std::vector<TierParams>& tiers) {
  Scenario scenario;
  scenario.tiers = tiers;
  return scenario;
}

TierParams tier(const char* name, const char* medium, TierScope scope, std::int64_t gigabytes) {
  TierParams params;
  params.name = name;
  params.medium = medium;
  params.scope = scope;
  params.capacity = Bytes{gigabytes * 1'000'000'000};
  return params;
}

OptionStorage storage_of(const std::vector<TierParams>& tiers, OptionStorage::LayOut lay_out = {}) {
  return {option_tiers(scenario_with(tiers), catalogue(), test_list()), std::move(lay_out)};
}

ClusterCosts split_costs(const std::string& summary, const OptionStorage& storage,
                         const PriceList& list = test_list()) {
  const PlanOption option = split();
  const Counts counts{2, 3};
  const std::vector<ReplicaCapacity> capacities(2, {1, 1});
  return costs_of({option, counts, list, capacities, storage}, {summary});
}

}  // namespace

TEST_CASE("every price list says whose and when, and prices what the catalogue has") {
  for (const std::string& name : price_lists(kCatalogue)) {
    CAPTURE(name);
    const PriceList list = load_price_list(kCatalogue, name);
    CHECK(list.date.size() == 7);
    CHECK_THAT(name, Contains(list.date));
    for (const auto& [hardware, price] : list.accelerators) {
      CAPTURE(hardware);
      CHECK(catalogue().find_device(hardware) != nullptr);
      CHECK(price.value > UsdPerHour{0});
      CHECK(!price.source.empty());
    }
    for (const auto& [hardware, power] : list.power.host) CHECK(list.accelerators.contains(hardware));
    for (const auto& [medium, prices] : list.tiers) {
      CAPTURE(medium);
      CHECK(catalogue().find_tier(medium) != nullptr);
      CHECK(!prices.per_gb_month.source.empty());
    }
  }
}

TEST_CASE("prefill pools pay for prompt tokens, decode pools for output tokens") {
  const ClusterCosts costs = split_costs(kHour, {});
  CHECK(costs.total_per_hour == Approx(50));
  CHECK(*costs.per_mtok_input == Approx(20.0 / 2));
  CHECK(*costs.per_mtok_output == Approx(30.0));
  CHECK(*costs.per_mtok == Approx(50.0 / 3));
  CHECK(*costs.pools[0].per_mtok_input == *costs.per_mtok_input);
  CHECK(!costs.pools[0].per_mtok_output);
  CHECK(*costs.pools[1].per_mtok_output == *costs.per_mtok_output);
}

TEST_CASE("power is idle and busy by phase, with the server and the facility") {
  PriceList list = test_list();
  const ClusterCosts costs = split_costs(kHour, {}, list);
  CHECK(costs.pools[0].power.idle == Approx(100));
  CHECK(costs.pools[0].power.busy == Approx(900));
  CHECK(costs.pools[1].power.busy == Approx(500));
  CHECK(costs.pools[0].watts == Approx(1.5 * 2 * (100 + 0.5 * 800 + 300)));
  CHECK(costs.pools[1].watts == Approx(1.5 * 3 * (500 + 300)));
  CHECK(costs.power_per_hour == Approx(costs.watts / 1000 * 0.1));
  list.includes_power = false;
  const ClusterCosts on_top = split_costs(kHour, {}, list);
  CHECK(on_top.total_per_hour == Approx(50 + costs.power_per_hour));
  CHECK(*on_top.per_mtok_input * 2 + *on_top.per_mtok_output == Approx(on_top.total_per_hour));
  list.power.host.clear();
  CHECK(!split_costs(kHour, {}, list).pools[0].power.server);
}

TEST_CASE("a tier of replicas is rented for each of them, one of a region once") {
  const OptionStorage host = storage_of({tier("host", "dram-pcie5", TierScope::replica, 100)});
  CHECK(host.rent_per_hour({2, 3}) == Approx(5 * 100 * 7.3 / 730));
  const OptionStorage store = storage_of({tier("store", "s3-express", TierScope::region, 1000)},
                                         [](const Counts&) { return std::vector<std::size_t>{1}; });
  CHECK(store.rent_per_hour({2, 3}) == Approx(1000 * 0.73 / 730));
  CHECK(store.rent_per_hour({7, 7}) == Approx(1000 * 0.73 / 730));
  CHECK(OptionStorage().rent_per_hour({2, 3}) == 0);
}

TEST_CASE("requests and retrieval cost what was moved, an hour, storage counts as input") {
  const OptionStorage store = storage_of({tier("store", "s3-express", TierScope::region, 1000)},
                                         [](const Counts&) { return std::vector<std::size_t>{1}; });
  // Half an hour: 40 GB read in 10 000 objects, 20 GB written in 5 000.
  const std::string summary = R"({"simulated_s": 1800, "tokens": {"input": 1000000, "output": 500000}, "links": [],
    "pools": [{"utilisation": 0.5}, {"utilisation": 1.0}],
    "storage": {"store": {"object_bytes": 4000000, "read_bytes": 40000000000, "written_bytes": 20000000000}}})";
  const ClusterCosts costs = split_costs(summary, store);
  REQUIRE(costs.storage.size() == 1);
  CHECK(costs.storage[0].rent == Approx(1.0));
  CHECK(costs.storage[0].fees == Approx(2 * (10 * 1.0 + 40 * 3.0 + 5 * 2.0)));
  CHECK(costs.total_per_hour == Approx(50 + 1 + 280));
  CHECK(*costs.per_mtok_input == Approx((20 + 281) / 2.0));
  CHECK(*costs.per_mtok_output == Approx(30.0));
}

TEST_CASE("bytes between regions pay egress") {
  std::string summary = kHour;
  summary.replace(summary.find("\"links\": []"), 11,
                  R"("links": [{"name": "NIC", "bytes": 9e12}, {"name": "WAN", "bytes": 50000000000}])");
  const ClusterCosts costs = split_costs(summary, {});
  CHECK(costs.egress_per_hour == Approx(1.0));
  CHECK(costs.total_per_hour == Approx(51));
}

TEST_CASE("what comes with accelerators ends with them, and what a list does not price is not sold") {
  const OptionStorage host = storage_of({tier("host", "dram-pcie5", TierScope::replica, 150)});
  CHECK(!host.shortage({1, 1}, 4));
  const auto shortage = host.shortage({1, 1}, 2);
  REQUIRE(shortage);
  CHECK_THAT(*shortage, Contains("tier host") && Contains("dram-pcie5"));
  CHECK_THROWS_WITH(storage_of({tier("x", "nvme-gen3", TierScope::replica, 1)}),
                    Contains("nvme-gen3 has no price in test"));
}

TEST_CASE("without a run only what is known before is said") {
  const PlanOption option = split();
  const Counts counts{1, 1};
  const std::vector<ReplicaCapacity> capacities(2, {1, 1});
  const PriceList list = test_list();
  const OptionStorage none;
  const ClusterCosts costs = costs_of({option, counts, list, capacities, none}, {});
  CHECK(costs.total_per_hour == Approx(20));
  CHECK(!costs.per_mtok_input);
}

}  // namespace cleave

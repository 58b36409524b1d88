#include "sim/cluster/platform.h"

#include "sim/cluster/transfer_paths.h"

#include "tests/law/small_cluster.h"

using namespace cleave;

namespace {

Platform build(const Scenario& scenario) {
  std::vector<const DeviceSpec*> devices;
  for (const PoolParams& pool : scenario.pools) devices.push_back(&test_catalogue().device(pool.hardware));
  return build_platform(scenario, devices, resolve_transfer(scenario, test_catalogue()));
}

std::vector<std::string> classes_on_route(const Platform& platform, std::size_t from, std::size_t to) {
  std::vector<LinkId> route;
  platform.topology.route(platform.replicas[from].memory, platform.replicas[to].memory, route);
  std::vector<std::string> classes;
  for (const LinkId link : route) classes.push_back(platform.topology.links[link.index()].cls);
  return classes;
}

using Classes = std::vector<std::string>;

}  // namespace

TEST_CASE("replicas of one node talk over the scale-up links, of one rack over NICs, of two over the spine") {
  Scenario scenario = small_cluster();  // H100: nodes of eight, each pool on nodes of its own
  scenario.pools[0].replicas = 10;
  scenario.network.nodes_per_rack = 2;
  const Platform platform = build(scenario);
  CHECK(classes_on_route(platform, 0, 7) == Classes{"scale-up", "scale-up"});
  CHECK(classes_on_route(platform, 0, 8) == Classes{"PCIe", "NIC", "NIC", "PCIe"});
  CHECK(classes_on_route(platform, 0, 10) == Classes{"PCIe", "NIC", "spine", "spine", "NIC", "PCIe"});
}

TEST_CASE("a replica's links scale with its accelerators, and a rack's uplink with its nodes") {
  Scenario scenario = small_cluster();
  scenario.pools[0].parallel.tp = 4;
  scenario.network.oversubscription = 2.0;
  scenario.transfer.efficiency = 0.5;
  const Platform platform = build(scenario);
  const auto& links = platform.topology.links;
  CHECK(links[platform.replicas[0].nic_out.index()].bandwidth.value() == Approx(4 * 50e9 * 0.5));
  CHECK(links[platform.replicas[2].nic_out.index()].bandwidth.value() == Approx(50e9 * 0.5));
  const auto spine = std::find_if(links.begin(), links.end(), [](const LinkSpec& l) { return l.cls == "spine"; });
  CHECK(spine->bandwidth.value() == Approx(2 * 8 * 50e9 * 0.5 / 2.0));
}

TEST_CASE("a domain larger than a node joins replicas across nodes and pools") {
  Scenario scenario = small_cluster();
  for (PoolParams& pool : scenario.pools) {
    pool.hardware = "gb200-nvl72";
    pool.parallel.tp = 4;
  }
  const Platform platform = build(scenario);
  CHECK(classes_on_route(platform, 0, 3) == Classes{"scale-up", "scale-up"});
}

namespace {

Scenario two_regions() {
  Scenario scenario = small_cluster();
  scenario.federation.regions = {"west", "east"};
  scenario.federation.links = {{{"east", "west"}, std::chrono::milliseconds{80}, BytesPerSecond{5e9}}};
  scenario.pools[1].region = "east";
  return scenario;
}

}  // namespace

TEST_CASE("regions have spines of their own, joined by links that carry half the round trip and are seen by both paths") {
  const Scenario scenario = two_regions();
  const Platform platform = build(scenario);
  CHECK(classes_on_route(platform, 0, 1) == Classes{"scale-up", "scale-up"});
  CHECK(classes_on_route(platform, 0, 2) == Classes{"PCIe", "NIC", "spine", "WAN", "spine", "NIC", "PCIe"});
  REQUIRE(platform.trunks.size() == 2);
  std::vector<LinkId> route;
  platform.topology.route(platform.replicas[2].memory, platform.replicas[0].memory, route);
  CHECK(std::find(route.begin(), route.end(), platform.trunks[1].link) != route.end());
  CHECK(platform.topology.latency(route) > std::chrono::milliseconds{40});
  CHECK(platform.topology.latency(route) < std::chrono::microseconds{40'100});
  CHECK(platform.region_of[platform.replicas[0].memory.index()] == RegionId{0});
  CHECK(platform.region_of[platform.replicas[2].memory.index()] == RegionId{1});
}

TEST_CASE("a movement between regions is bounded by the TCP windows over the distance") {
  Scenario scenario = two_regions();
  const auto pools = plan_pools(scenario, test_catalogue());
  const auto rate_of = [&] {
    const Platform platform = build(scenario);
    const TransferPaths paths{scenario, pools, platform};
    const KvPath& path = paths.between(ReplicaId{0}, ReplicaId{2});
    CHECK(path.reach == KvPath::Reach::wan);
    CHECK(path.distance == std::chrono::milliseconds{40});
    KvParcel parcel;
    parcel.tokens = 1000;
    parcel.blocks = parcel.runs = 63;
    const Movement planned =
        plan_movement(path, parcel, platform.replicas[0].memory, platform.replicas[2].memory);
    return planned.protocol_cap.value_or(path.links).value();
  };
  CHECK(rate_of() == Approx(5e9));  // 64 windows of 16 MiB a round trip would be 13.4 GB/s
  scenario.federation.tcp.window = Bytes{1'000'000};
  CHECK(rate_of() == Approx(64 * 1e6 / 0.080));
}

TEST_CASE("a tier of scope region has an instance in each region, and scale-up domains end with theirs") {
  Scenario scenario = two_regions();
  TierParams tier;
  tier.name = "store";
  tier.medium = "s3-rdma";
  tier.scope = TierScope::region;
  tier.capacity = Bytes{1 << 30};
  scenario.tiers = {tier};
  scenario.pools[0].hardware = scenario.pools[1].hardware = "gb200-nvl72";
  std::vector<const DeviceSpec*> devices(2, &test_catalogue().device("gb200-nvl72"));
  const Platform platform =
      build_platform(scenario, devices, resolve_transfer(scenario, test_catalogue()), {&test_catalogue().tier("s3-rdma")});
  CHECK(platform.tiers[0].instances.size() == 2);
  CHECK(platform.tiers[0].of_replica == std::vector<std::uint32_t>{0, 0, 1, 1});
  CHECK(classes_on_route(platform, 0, 1) == Classes{"scale-up", "scale-up"});
  CHECK(classes_on_route(platform, 0, 2)[3] == "WAN");
}

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

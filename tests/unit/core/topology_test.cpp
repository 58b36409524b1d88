#include "sim/core/topology.h"

#include "tests/law/star.h"

using namespace cleave;

namespace {
std::vector<std::uint32_t> route(const Topology& topology, std::size_t from, std::size_t to) {
  std::vector<LinkId> links;
  topology.route(PlaceId{from}, PlaceId{to}, links);
  std::vector<std::uint32_t> ids;
  for (const LinkId link : links) ids.push_back(link.value());
  return ids;
}

LinkId add_link(Topology& topology, const char* name) {
  topology.links.push_back({name, name, BytesPerSecond{1e9}, Duration{5}});
  return LinkId{topology.links.size() - 1};
}

/// A vertex below another, with links both ways.
void add_vertex(Topology& topology, std::uint32_t above) {
  const LinkId up = add_link(topology, "up");
  topology.vertices.push_back({"below", above, up, add_link(topology, "down")});
}
}  // namespace

TEST_CASE("a route climbs to the lowest common vertex and no further") {
  const Topology topology = two_racks(1e9, 2e9);
  CHECK(route(topology, 0, 1) == std::vector<std::uint32_t>{0, 3});
  CHECK(route(topology, 0, 5) == std::vector<std::uint32_t>{0, 12, 15, 11});
  CHECK(route(topology, 4, 4).empty());
}

TEST_CASE("two places of one domain talk over their ports, others over the tree") {
  Topology topology = two_racks(1e9, 2e9);
  for (std::size_t i = 0; i < 4; ++i)
    topology.links.push_back({"nvlink", "NVLink", BytesPerSecond{450e9}, Duration{0}});
  topology.places[0].ports = {{7, LinkId{16}, LinkId{17}}};
  topology.places[4].ports = {{7, LinkId{18}, LinkId{19}}};
  CHECK(route(topology, 0, 4) == std::vector<std::uint32_t>{16, 19});
  CHECK(route(topology, 0, 3) == std::vector<std::uint32_t>{0, 12, 15, 7});
}

TEST_CASE("between trees a route climbs to both roots, over the trunk of its direction, which stays in the solver") {
  // Roots 0 and 1; places under them at vertices 2 and 3 of root 0, 4 of root 1.
  Topology topology;
  topology.vertices = {{"a", {}, {}, {}}, {"b", {}, {}, {}}};
  for (const std::uint32_t root : {0U, 0U, 1U}) {
    add_vertex(topology, root);
    topology.places.push_back({static_cast<std::uint32_t>(topology.vertices.size() - 1), {}});
  }
  topology.trunks = {{{0, 1}, add_link(topology, "there")}, {{1, 0}, add_link(topology, "back")}};
  CHECK(route(topology, 0, 1) == std::vector<std::uint32_t>{0, 3});
  CHECK(route(topology, 0, 2) == std::vector<std::uint32_t>{0, 6, 5});
  CHECK(route(topology, 2, 1) == std::vector<std::uint32_t>{4, 7, 3});
  CHECK(topology.can_saturate()[6]);
}

TEST_CASE("behind a trunk a route goes down from the root, link by link") {
  Topology topology;
  topology.vertices = {{"a", {}, {}, {}}, {"b", {}, {}, {}}};
  for (const std::uint32_t above : {0U, 1U, 2U, 3U}) add_vertex(topology, above);  // racks, and a leaf below each
  topology.places = {{4, {}}, {5, {}}};
  topology.trunks = {{{0, 1}, add_link(topology, "there")}, {{1, 0}, add_link(topology, "back")}};
  CHECK(route(topology, 0, 1) == std::vector<std::uint32_t>{4, 0, 8, 3, 7});
  CHECK(route(topology, 1, 0) == std::vector<std::uint32_t>{6, 2, 9, 1, 5});
}

TEST_CASE("an uplink is solved for only when its feeders can fill it") {
  CHECK_FALSE(two_racks(1e9, 3e9).can_saturate()[12]);
  CHECK_FALSE(two_racks(1e9, 3e9).can_saturate()[13]);
  CHECK(two_racks(1e9, 2.9e9).can_saturate()[12]);
  CHECK(two_racks(1e9, 3e9).can_saturate()[0]);
  Topology degradable = two_racks(1e9, 3e9);
  degradable.links[12].may_degrade = true;
  CHECK(degradable.can_saturate()[12]);
}

TEST_CASE("a link whose every user crosses a narrower one is not solved for") {
  Topology topology;  // place - PCIe 64 - rail - NIC 50 - switch
  topology.links = {{"pcie", "PCIe", BytesPerSecond{64e9}, Duration{0}},
                    {"nic", "NIC", BytesPerSecond{50e9}, Duration{0}}};
  topology.vertices = {{"switch", {}, {}, {}}, {"rail", 0U, LinkId{1}, {}}, {"hbm", 1U, LinkId{0}, {}}};
  topology.places = {{2, {}}};
  CHECK_FALSE(topology.can_saturate()[0]);
  CHECK(topology.can_saturate()[1]);
  topology.links[0].bandwidth = BytesPerSecond{40e9};
  CHECK(topology.can_saturate()[0]);
}

#include "sim/cluster/platform.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "models/units/check.h"

namespace cleave {
namespace {

class Builder {
 public:
  Builder(const Scenario& scenario, const std::vector<const DeviceSpec*>& devices, TransferSpecs transfer,
          const std::vector<const TierSpec*>& media)
      : scenario_(scenario), devices_(devices), media_(media), regions_(scenario) {
    platform_.transfer = std::move(transfer);
    for (std::size_t r = 0; r < regions_.count(); ++r) {
      topology().vertices.push_back({"spine " + regions_.name(RegionId{r}), {}, {}, {}});
    }
    join_regions();
  }

  Platform build() {
    for (std::size_t pool = 0; pool < scenario_.pools.size(); ++pool) place_pool(pool);
    close_rack();
    for (std::size_t tier = 0; tier < scenario_.tiers.size(); ++tier) place_tier(tier);
    if (platform_.transfer.store) place_store(*platform_.transfer.store);
    mark_faults();
    return std::move(platform_);
  }

 private:
  /// Where a replica's accelerators hang.
  struct HostSite {
    std::uint32_t rails = 0;  // vertex
    std::uint32_t rack = 0;   // vertex
    std::uint32_t node = 0;   // the first, of a replica that spans several
    RegionId region;
    LinkId pcie_out;
    LinkId pcie_in;
  };

  Topology& topology() { return platform_.topology; }

  void join_regions() {
    for (std::size_t a = 0; a < regions_.count(); ++a) {
      for (std::size_t b = 0; b < regions_.count(); ++b) {
        if (a == b) continue;
        const RegionId from{a};
        const RegionId to{b};
        const LinkId link = add_link("WAN " + regions_.name(from) + " to " + regions_.name(to), "WAN",
                                     regions_.bandwidth(from, to).value(), regions_.one_way(from, to), false);
        topology().trunks[{static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(b)}] = link;
        platform_.trunks.push_back({from, to, link});
      }
    }
  }

  PlaceId add_place(PlaceSpec place, RegionId region) {
    topology().places.push_back(std::move(place));
    platform_.region_of.push_back(region);
    return PlaceId{topology().places.size() - 1};
  }

  void place_pool(std::size_t index) {
    const PoolParams& pool = scenario_.pools[index];
    const DeviceSpec& device = *devices_[index];
    const std::uint32_t per_node = device.devices_per_node.value;
    const std::uint32_t needed = pool.parallel.tp * pool.parallel.pp * pool.parallel.cp;
    const RegionId region = regions_.named(pool.region);
    std::uint32_t& position = accelerators_[{device.name, region}];  // counts whole nodes, so that domains line up with them
    const PoolParams* last = index > 0 ? &scenario_.pools[index - 1] : nullptr;
    const bool continues = scenario_.network.pools_share_nodes && last != nullptr && last->hardware == pool.hardware &&
        last->zone == pool.zone && regions_.named(last->region) == region;
    if (!continues && last != nullptr) {
      accelerators_[{last->hardware, regions_.named(last->region)}] += left_in_node_;
    }
    if (region != region_) close_rack();
    region_ = region;
    std::uint32_t left_in_node = continues ? left_in_node_ : 0;
    for (std::uint32_t i = 0; i < pool.replicas; ++i) {
      if (left_in_node < needed) {
        position += left_in_node;
        const std::uint32_t nodes = (needed + per_node - 1) / per_node;
        for (std::uint32_t n = 0; n < nodes; ++n) open_node(pool, device);
        left_in_node = nodes * per_node;
      }
      add_replica(pool, device, i, needed, position);
      position += needed;
      left_in_node -= needed;
    }
    left_in_node_ = left_in_node;
  }

  void open_node(const PoolParams& pool, const DeviceSpec& device) {
    if (nodes_in_rack_ == scenario_.network.nodes_per_rack || (rack_ && pool.zone != zone_)) close_rack();
    if (!rack_) {
      rack_ = static_cast<std::uint32_t>(topology().vertices.size());
      topology().vertices.push_back({"rack" + std::to_string(racks_++), region_.value(), {}, {}});
      zone_ = pool.zone;
    }
    ++nodes_in_rack_;
    ++nodes_;
    rack_bandwidth_ += nic_of_one(device) * device.devices_per_node.value;
  }

  void close_rack() {
    if (!rack_) return;
    const double uplink = rack_bandwidth_ / scenario_.network.oversubscription;
    Vertex& rack = topology().vertices[*rack_];
    rack.up = add_link(rack.name + ".up", "spine", uplink, scenario_.network.spine_latency, false);
    rack.down = add_link(rack.name + ".down", "spine", uplink, Duration{0}, true);
    rack_.reset();
    nodes_in_rack_ = 0;
    rack_bandwidth_ = 0;
  }

  /// What one accelerator's NIC carries: transfers reach a share of the raw rate.
  [[nodiscard]] double nic_of_one(const DeviceSpec& device) const {
    const BytesPerSecond raw = scenario_.network.nic_bandwidth.value_or(device.nic.value);
    const ProtocolSpec& protocol = platform_.transfer.network;
    const double reached = raw.value() * protocol.best_share();
    if (!protocol.node_ceiling) return reached;
    return std::min(reached, protocol.node_ceiling->value.value() / device.devices_per_node.value);
  }

  /// A tier whose connections are rated states what one client gets: the store has that for each replica.
  void place_store(const TierSpec& tier) {
    const double clients = tier.connection_rate ? static_cast<double>(platform_.replicas.size()) : 1.0;
    const LinkId read = add_link("store.read", "store", tier.read.value.value() * clients, Duration{0}, false);
    const LinkId write = add_link("store.write", "store", tier.write.value.value() * clients, Duration{0}, true);
    const auto port = static_cast<std::uint32_t>(topology().vertices.size());
    topology().vertices.push_back({"store.port", 0U, read, write});
    topology().vertices.push_back({"store", port, {}, {}});
    platform_.transfer.store_place = add_place({port + 1, {}}, RegionId{0});
  }

  void add_replica(const PoolParams& pool, const DeviceSpec& device, std::uint32_t number, std::uint32_t accelerators,
                   std::uint32_t position) {
    const std::string name = pool.name + "[" + std::to_string(number) + "]";
    const double count = accelerators;
    const double nic = nic_of_one(device) * count;
    const double pcie = device.host_link.value.value() * count;
    const LinkId nic_out = add_link(name + ".nic.out", "NIC", nic, scenario_.network.nic_latency, false);
    const LinkId nic_in = add_link(name + ".nic.in", "NIC", nic, Duration{0}, true);
    const LinkId pcie_out = add_link(name + ".pcie.out", "PCIe", pcie, Duration{0}, false);
    const LinkId pcie_in = add_link(name + ".pcie.in", "PCIe", pcie, Duration{0}, true);
    const auto rails = static_cast<std::uint32_t>(topology().vertices.size());
    topology().vertices.push_back({name + ".rails", *rack_, nic_out, nic_in});
    topology().vertices.push_back({name, rails, pcie_out, pcie_in});
    PlaceSpec place{rails + 1, {}};
    if (device.scale_up) {
      const std::uint32_t domain = device.scale_up->domain.value;
      const bool inside_one = position / domain == (position + accelerators - 1) / domain;
      if (inside_one && domain > accelerators) {
        const double rate = device.scale_up->bandwidth.value.value() * device.scale_up->efficiency.value * count;
        const LinkId out = add_link(name + ".scale-up.out", "scale-up", rate, scenario_.network.nic_latency, false);
        const LinkId in = add_link(name + ".scale-up.in", "scale-up", rate, Duration{0}, true);
        place.ports.push_back({domain_number(device.name + " " + regions_.name(region_), position / domain), out, in});
      }
    }
    platform_.replicas.push_back({add_place(std::move(place), region_), nic_out, nic_in, region_});
    sites_.push_back({rails, *rack_, nodes_ - 1, region_, pcie_out, pcie_in});
  }

  /// One instance for each replica, node, rack or region that has replicas.
  void place_tier(std::size_t index) {
    const TierParams& tier = scenario_.tiers[index];
    TierPlaces& places = platform_.tiers.emplace_back();
    std::map<std::uint32_t, std::uint32_t> known;  // from the sharer to its instance
    for (std::uint32_t r = 0; r < sites_.size(); ++r) {
      const HostSite& site = sites_[r];
      const std::uint32_t sharer = tier.scope == TierScope::replica ? r
                                   : tier.scope == TierScope::node  ? site.node
                                   : tier.scope == TierScope::rack  ? site.rack
                                                                    : site.region.value();
      const auto [at, fresh] = known.try_emplace(sharer, static_cast<std::uint32_t>(places.instances.size()));
      if (fresh) places.instances.push_back(add_tier(tier, *media_[index], at->second, site));
      places.of_replica.push_back(at->second);
      if (over_host_links(tier)) join_hosts(index, at->second, r);
    }
  }

  /// Shared, and no network in between.
  static bool over_host_links(const TierParams& tier) { return tier.scope == TierScope::node || tier.cxl_switch; }

  /// What is in one node reaches what the node shares, or what hangs at the rack's switch of host links, over its own
  /// links, not over NICs: a replica's accelerators over their host links, tiers of the replica or the node over
  /// theirs.
  void join_hosts(std::size_t tier, std::uint32_t instance, std::uint32_t replica) {
    const std::uint32_t domain = tier_domain(tier, instance);
    add_spoke(platform_.replicas[replica].memory, domain, sites_[replica].pcie_out, sites_[replica].pcie_in);
    for (std::size_t t = 0; t < tier; ++t) {
      const TierScope scope = scenario_.tiers[t].scope;
      if (scope != TierScope::replica && scope != TierScope::node) continue;
      const TierPlaces& nearer = platform_.tiers[t];
      const TierPlace& place = nearer.instances[nearer.of_replica[replica]];
      add_spoke(place.place, domain, place.out, place.in);
    }
  }

  void add_spoke(PlaceId at, std::uint32_t domain, LinkId out, LinkId in) {
    std::vector<DomainPort>& ports = topology().places[at.index()].ports;
    const bool known =
        std::any_of(ports.begin(), ports.end(), [&](const DomainPort& port) { return port.domain == domain; });
    if (!known) ports.push_back({domain, out, in, true});
  }

  TierPlace add_tier(const TierParams& tier, const TierSpec& medium, std::uint32_t number, const HostSite& site) {
    const std::string name = tier.name + "[" + std::to_string(number) + "]";
    const auto rate = [&](BytesPerSecond of_one) {
      const BytesPerSecond all = of_one * static_cast<double>(tier.units);
      return (tier.distance ? std::min(all, tier.distance->bandwidth) : all).value();
    };
    const LinkId out = add_link(name + ".read", "tier " + tier.name, rate(medium.read.value), Duration{0}, false);
    const LinkId in = add_link(name + ".write", "tier " + tier.name, rate(medium.write.value), Duration{0}, false);
    // What a node shares hangs at the NICs of its first replica, for those who come from outside.
    const bool inside = tier.scope == TierScope::replica || tier.scope == TierScope::node;
    const std::uint32_t parent = inside ? site.rails : tier.scope == TierScope::region ? site.region.value() : site.rack;
    const auto vertex = static_cast<std::uint32_t>(topology().vertices.size());
    topology().vertices.push_back({name, parent, out, in});
    PlaceSpec place{vertex, {}};
    if (over_host_links(tier)) {
      place.ports.push_back({tier_domain(platform_.tiers.size() - 1, number), out, in, false});
    }
    return {add_place(std::move(place), site.region), out, in};
  }

  std::uint32_t tier_domain(std::size_t tier, std::uint32_t instance) {
    return domain_number("tier " + std::to_string(tier), instance);
  }

  std::uint32_t domain_number(const std::string& device, std::uint32_t index) {
    const auto next = static_cast<std::uint32_t>(domains_.size());
    return domains_.try_emplace({device, index}, next).first->second;
  }

  /// The way in carries what the way out of its class has carried already.
  LinkId add_link(std::string name, std::string cls, double rate, Duration latency, bool way_in) {
    topology().links.push_back({std::move(name), std::move(cls), BytesPerSecond{rate}, latency, way_in, false});
    return LinkId{topology().links.size() - 1};
  }

  void mark_faults() {
    for (const FaultParams& fault : scenario_.faults) {
      const auto* link = std::get_if<LinkFault>(&fault);
      if (link == nullptr) continue;
      std::size_t replica = link->replica;
      for (const PoolParams& pool : scenario_.pools) {
        if (pool.name == link->pool) break;
        replica += pool.replicas;
      }
      topology().links[platform_.replicas[replica].nic_out.index()].may_degrade = true;
      topology().links[platform_.replicas[replica].nic_in.index()].may_degrade = true;
    }
  }

  const Scenario& scenario_;
  const std::vector<const DeviceSpec*>& devices_;
  const std::vector<const TierSpec*>& media_;
  std::vector<HostSite> sites_;  // by ReplicaId
  std::uint32_t nodes_ = 0;
  Platform platform_;
  RegionMap regions_;
  RegionId region_;                                                         // of the pool that is placed
  std::map<std::pair<std::string, RegionId>, std::uint32_t> accelerators_;  // placed so far, by device
  std::map<std::pair<std::string, std::uint32_t>, std::uint32_t> domains_;
  std::optional<std::uint32_t> rack_;
  std::uint32_t racks_ = 0;
  std::uint32_t nodes_in_rack_ = 0;
  std::uint32_t left_in_node_ = 0;  // accelerators that the last pool left free on its last node
  std::uint32_t zone_ = 0;
  double rack_bandwidth_ = 0;
};

}  // namespace

Platform build_platform(const Scenario& scenario, const std::vector<const DeviceSpec*>& devices,
                        TransferSpecs transfer, const std::vector<const TierSpec*>& media) {
  SIM_CHECK(devices.size() == scenario.pools.size(), "one device for each pool");
  SIM_CHECK(media.size() == scenario.tiers.size(), "one medium for each tier");
  return Builder{scenario, devices, std::move(transfer), media}.build();
}

}  // namespace cleave

#include "sim/cluster/transfer_paths.h"

#include <algorithm>
#include <cmath>

namespace cleave {
namespace {

KvSide side_of(const PoolPlan& pool) {
  return {pool.layout.tp, pool.layout.pp, pool.params->engine.block_size, pool.params->block_layout};
}

double accelerators_of(const PoolPlan& pool) {
  return static_cast<double>(pool.accelerators());
}

/// The port into the scale-up domain; the others lead to memories of the node. nullptr: there is none.
const DomainPort* scale_up_port(const std::vector<DomainPort>& ports) {
  const auto at = std::find_if(ports.begin(), ports.end(), [](const DomainPort& port) { return !port.spoke; });
  return at == ports.end() ? nullptr : &*at;
}

/// The joint rate of a replica's accelerators at which a kernel streams through memory.
BytesPerSecond memory_rate(const PoolPlan& pool) {
  const DeviceMemory& memory = pool.device->memory;
  return BytesPerSecond{memory.bandwidth.value.value() * memory.gemm_efficiency.value * accelerators_of(pool)};
}

/// A format is changed where that makes fewer bytes cross the network.
std::optional<KvConversion> conversion_between(const PoolPlan& from, const PoolPlan& to) {
  if (from.layout.kv == to.layout.kv) return std::nullopt;
  const bool at_sender = to.kv_bytes_per_token < from.kv_bytes_per_token;
  return KvConversion{at_sender, memory_rate(at_sender ? from : to)};
}

}  // namespace

TransferSpecs resolve_transfer(const Scenario& scenario, const Catalogue& catalogue) {
  const TransferParams& params = scenario.transfer;
  TransferSpecs specs;
  specs.network = catalogue.protocol(protocol_name(params));
  specs.local = catalogue.protocol(params.local_protocol);
  specs.wan = catalogue.protocol(scenario.federation.protocol);
  if (params.setup) specs.network.setup = {*params.setup, "scenario: transfer.setup", Confidence::assumed};
  if (params.efficiency) {
    specs.network.efficiency = {{Bytes{1}, {*params.efficiency, "scenario: transfer.efficiency", Confidence::assumed}}};
  }
  if (!params.codec.empty()) specs.codec = catalogue.codec(params.codec);
  if (specs.network.path == TransferPath::store) specs.store = catalogue.tier(params.store);
  return specs;
}

TransferPaths::TransferPaths(const Scenario& scenario, const std::vector<PoolPlan>& pools, const Platform& platform)
    : pools_(pools), platform_(platform) {
  for (std::size_t p = 0; p < pools.size(); ++p) {
    for (std::uint32_t i = 0; i < pools[p].params->replicas; ++i) pool_of_.push_back(PoolId{p});
  }
  for (std::size_t from = 0; from < pools.size(); ++from) {
    for (std::size_t to = 0; to < pools.size(); ++to) {
      const bool apart = region_of(PoolId{from}) != region_of(PoolId{to});
      network_.push_back(
          build(scenario, PoolId{from}, PoolId{to}, apart ? KvPath::Reach::wan : KvPath::Reach::network));
      if (apart) add_distance(network_.back(), scenario, PoolId{from}, PoolId{to});
      local_.push_back(build(scenario, PoolId{from}, PoolId{to}, KvPath::Reach::local));
    }
  }
}

KvPath TransferPaths::build(const Scenario& scenario, PoolId from, PoolId to, KvPath::Reach reach) const {
  const PoolPlan& a = pools_[from.index()];
  const PoolPlan& b = pools_[to.index()];
  const bool local = reach == KvPath::Reach::local;
  const auto narrower = [&](auto rate) { return std::min(rate(a), rate(b)); };
  const auto raw = [&](const PoolPlan& pool) {
    const double count = accelerators_of(pool);
    if (local) return pool.device->scale_up ? pool.device->scale_up->bandwidth.value.value() * count : 0.0;
    const double rails = std::min(count, static_cast<double>(scenario.transfer.rails.value_or(pool.accelerators())));
    return scenario.network.nic_bandwidth.value_or(pool.device->nic.value).value() * rails;
  };
  const auto links = [&](const PoolPlan& pool) {
    const ReplicaPlace& place = platform_.replicas[pool.first_replica.index()];
    const Topology& topology = platform_.topology;
    const PlaceSpec& memory = topology.places[place.memory.index()];
    if (local) {
      const DomainPort* port = scale_up_port(memory.ports);
      return port == nullptr ? 1.0 : topology.links[port->out.index()].bandwidth.value();
    }
    const Vertex& pcie = topology.vertices[memory.vertex];
    return std::min(topology.links[place.nic_out.index()].bandwidth.value(),
                    topology.links[pcie.up->index()].bandwidth.value());
  };
  KvPath path;
  path.specs = &platform_.transfer;
  path.reach = reach;
  path.shape = kv_shape(*a.model);
  path.from = side_of(a);
  path.to = side_of(b);
  path.bytes_out = a.kv_bytes_per_token;
  path.bytes_in = b.kv_bytes_per_token;
  path.from_accelerators = accelerators_of(a);
  path.to_accelerators = accelerators_of(b);
  path.route.raw = BytesPerSecond{narrower(raw)};
  path.route.nodes = narrower([](const PoolPlan& p) { return accelerators_of(p) / p.device->devices_per_node.value; });
  path.route.host_link = BytesPerSecond{
      narrower([](const PoolPlan& p) { return p.device->host_link.value.value() * accelerators_of(p); })};
  path.links = BytesPerSecond{narrower(links)};
  path.conversion = conversion_between(a, b);
  const bool differs = path.from.tp != path.to.tp || path.from.pp != path.to.pp || path.from.layout != path.to.layout;
  if (differs && scenario.transfer.reshard == Reshard::kernel) path.transposed_at = memory_rate(b);
  path.batching = scenario.transfer.batching;
  path.replicated = scenario.transfer.replicated_kv;
  path.message_latency = scenario.transfer.message_latency;
  return path;
}

RegionId TransferPaths::region_of(PoolId pool) const {
  return platform_.replicas[pools_[pool.index()].first_replica.index()].region;
}

void TransferPaths::add_distance(KvPath& path, const Scenario& scenario, PoolId from, PoolId to) const {
  const RegionMap regions{scenario};
  const RegionId a = region_of(from);
  const RegionId b = region_of(to);
  path.distance = regions.one_way(a, b);
  path.ceiling = wan_tcp_rate(scenario.federation.tcp, regions.rtt(a, b));
  path.links = std::min(path.links, regions.bandwidth(a, b));
}

bool TransferPaths::share_domain(ReplicaId a, ReplicaId b) const {
  const auto ports = [this](ReplicaId id) -> const std::vector<DomainPort>& {
    return platform_.topology.places[platform_.replicas[id.index()].memory.index()].ports;
  };
  const DomainPort* one = scale_up_port(ports(a));
  const DomainPort* other = scale_up_port(ports(b));
  return one != nullptr && other != nullptr && one->domain == other->domain;
}

const KvPath& TransferPaths::between(ReplicaId from, ReplicaId to) const {
  const std::size_t pair = index(pool_of_[from.index()], pool_of_[to.index()]);
  return share_domain(from, to) ? local_[pair] : network_[pair];
}

bool TransferPaths::same_names(PoolId a, PoolId b) const {
  const PoolPlan& one = pools_[a.index()];
  const PoolPlan& other = pools_[b.index()];
  return one.key_root == other.key_root && one.params->engine.block_size == other.params->engine.block_size;
}

}  // namespace cleave

#pragma once
// Pools of replicas laid out on nodes and racks: the places and links that KV moves over.

#include <cstdint>
#include <vector>

#include "models/hardware/device.h"
#include "models/hardware/tier.h"
#include "models/units/region.h"
#include "sim/cluster/regions.h"
#include "sim/core/topology.h"
#include "sim/scenario/scenario.h"
#include "sim/transfer/movement_plan.h"

namespace cleave {

/// Where one replica's memory is. Its accelerators' memories are striped evenly over all its rails, so they are one
/// place with the rails' joint bandwidth.
struct ReplicaPlace {
  PlaceId memory;
  LinkId nic_out;
  LinkId nic_in;
  RegionId region;
};

/// One instance of a tier.
struct TierPlace {
  PlaceId place;
  LinkId out;  // what is read
  LinkId in;   // what is written
};

/// The instances of one tier, and which of them each replica reaches.
struct TierPlaces {
  std::vector<TierPlace> instances;
  std::vector<std::uint32_t> of_replica;  // by ReplicaId: index into `instances`
};

/// One direction of a wide-area link.
struct WanTrunk {
  RegionId from;
  RegionId to;
  LinkId link;
};

struct Platform {
  Topology topology;
  std::vector<RegionId> region_of;     // by PlaceId
  std::vector<WanTrunk> trunks;
  std::vector<ReplicaPlace> replicas;  // by ReplicaId
  std::vector<TierPlaces> tiers;       // in the scenario's order
  TransferSpecs transfer;              // what links were built for
};

/// Lays the pools out in order. Each pool starts on a fresh node, unless `network.pools_share_nodes`; nodes fill racks of
/// `network.nodes_per_rack`; a new zone or region starts a new rack. A replica's PCIe and NICs scale with its accelerators,
/// a rack's uplink is the sum of its nodes' NICs over the oversubscription. Replicas inside one scale-up domain of one
/// device type talk over it. NICs carry what the network's protocol reaches at its best descriptor size. A store, where the
/// protocol goes through one, is a place at the spine. Each region has a spine of its own; wide-area links join them
/// (docs/adr/050-regions-are-roots.md).
/// A tier of scope replica or node is reached over the accelerators' host links; one of scope rack or region over their
/// NICs. Its own links carry what its medium reads and writes, times its units.
/// Shape: `devices` has one entry per pool, `media` one per tier.
[[nodiscard]] Platform build_platform(const Scenario& scenario, const std::vector<const DeviceSpec*>& devices,
                                      TransferSpecs transfer, const std::vector<const TierSpec*>& media = {});

}  // namespace cleave

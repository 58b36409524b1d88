#pragma once
// Pools of replicas laid out on nodes and racks: the places and links that KV moves over.

#include <cstdint>
#include <vector>

#include "models/hardware/device.h"
#include "sim/core/topology.h"
#include "sim/scenario/scenario.h"

namespace cleave {

/// Where one replica's memory is. Its accelerators' memories are striped evenly over all its rails, so they are one
/// place with the rails' joint bandwidth.
struct ReplicaPlace {
  PlaceId memory;
  LinkId nic_out;
  LinkId nic_in;
};

struct Platform {
  Topology topology;
  std::vector<ReplicaPlace> replicas;  // by ReplicaId
};

/// Lays the pools out in order. Each pool starts on a fresh node; nodes fill racks of `network.nodes_per_rack`; a new
/// zone starts a new rack. A replica's PCIe and NICs scale with its accelerators, a rack's uplink is the sum of its
/// nodes' NICs over the oversubscription. Replicas inside one scale-up domain of one device type talk over it.
/// Shape: `devices` has one entry per pool.
[[nodiscard]] Platform build_platform(const Scenario& scenario, const std::vector<const DeviceSpec*>& devices);

}  // namespace cleave

#pragma once
// The platform as sim/core sees it: places joined by a tree of links, plus scale-up domains that cut across it.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/units/units.h"

namespace cleave {

/// One direction of a link. `cls` groups links in reports ("NIC", "PCIe", "NVLink", "spine").
struct LinkSpec {
  std::string name;
  std::string cls;
  BytesPerSecond bandwidth;
  Duration latency{};
};

/// A vertex of the tree: a memory place, or a switch. Bytes leave over `up` and enter over `down`.
/// A missing link costs nothing and never saturates.
struct Vertex {
  std::string name;
  std::optional<std::uint32_t> parent;  // index into Topology::vertices, smaller than its own
  std::optional<LinkId> up;
  std::optional<LinkId> down;
};

/// A place's ports into a scale-up domain (NVLink, NeuronLink): two places of one domain talk over these alone.
struct DomainPort {
  std::uint32_t domain = 0;
  LinkId out;
  LinkId in;
};

struct PlaceSpec {
  std::uint32_t vertex = 0;  // its leaf
  std::optional<DomainPort> port;
};

/// Shape: ids are indices. The tree has any depth; the route between two places climbs to their lowest common vertex.
struct Topology {
  std::vector<LinkSpec> links;
  std::vector<Vertex> vertices;
  std::vector<PlaceSpec> places;

  /// Links from one place to another, in order, each once. Empty when both are the same place.
  void route(PlaceId from, PlaceId to, std::vector<LinkId>& out) const;
};

}  // namespace cleave

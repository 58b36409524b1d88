#pragma once
// The platform as sim/core sees it: places joined by trees of links, trunks between the trees' roots, and scale-up domains
// that cut across a tree.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/units/units.h"

namespace cleave {

/// One direction of a link. `cls` groups links in reports ("NIC", "PCIe", "NVLink", "spine").
struct LinkSpec {
  std::string name;
  std::string cls;
  BytesPerSecond bandwidth;
  Duration latency{};
  bool repeats = false;      // carries what another link of its class has carried before: the way in after the way out
  bool may_degrade = false;  // some fault scales it: it is kept in the solver though it could never saturate as built
};

/// A vertex of a tree: a memory place, or a switch. Bytes leave over `up` and enter over `down`.
/// A missing link costs nothing and never saturates.
struct Vertex {
  std::string name;
  std::optional<std::uint32_t> parent;  // index into Topology::vertices, smaller than its own; none: a root
  std::optional<LinkId> up;
  std::optional<LinkId> down;
};

/// A place's ports into a domain that cuts across the tree (NVLink, NeuronLink, a node's PCIe root): two places of one
/// domain talk over these alone.
struct DomainPort {
  std::uint32_t domain = 0;
  LinkId out;
  LinkId in;
  bool spoke = false;  // two spokes do not talk over their domain, only a spoke and a hub: hosts and what they share
};

struct PlaceSpec {
  std::uint32_t vertex = 0;       // its leaf
  std::vector<DomainPort> ports;  // preferred first
};

/// Shape: ids are indices; roots come before all other vertices. A tree has any depth; the route between two places climbs to
/// their lowest common vertex, or to both roots and over the trunk from one to the other.
struct Topology {
  std::vector<LinkSpec> links;
  std::vector<Vertex> vertices;
  std::vector<PlaceSpec> places;
  std::map<std::pair<std::uint32_t, std::uint32_t>, LinkId> trunks;  // by root left and root entered

  /// Links from one place to another, in order, each once. Empty when both are the same place.
  void route(PlaceId from, PlaceId to, std::vector<LinkId>& out) const;

  /// Sum of the latencies along a route.
  [[nodiscard]] Duration latency(const std::vector<LinkId>& route) const;

  /// For each link, whether it can ever be the bottleneck. The others need not be solved for: a link whose feeders
  /// together cannot fill it, or whose every user also crosses a narrower or equal one.
  [[nodiscard]] std::vector<bool> can_saturate() const;
};

}  // namespace cleave

#pragma once
// Small platforms for laws of sharing.

#include <catch2/catch.hpp>
#include <vector>

#include "sim/core/topology.h"

namespace cleave {

/// Places around one switch. Links 2i (out of place i) and 2i + 1 (into it) carry bandwidth[i]; a way in and out adds
/// latency[i] in all: the whole of it on the way out of place i.
inline Topology star(const std::vector<double>& bandwidth, const std::vector<Duration>& latency) {
  Topology topology;
  topology.vertices.push_back({"switch", {}, {}, {}});
  for (std::size_t i = 0; i < bandwidth.size(); ++i) {
    const Duration out = i < latency.size() ? latency[i] : Duration{0};
    topology.links.push_back({"out", "port", BytesPerSecond{bandwidth[i]}, out});
    topology.links.push_back({"in", "port", BytesPerSecond{bandwidth[i]}, Duration{0}});
    topology.vertices.push_back({"place", 0U, LinkId{2 * i}, LinkId{2 * i + 1}});
    topology.places.push_back({static_cast<std::uint32_t>(i + 1), {}});
  }
  return topology;
}

/// Two racks of three places each (0-2 and 3-5) below one spine. Links: place i has 2i and 2i + 1, rack r has 12 + 2r
/// (up) and 13 + 2r (down).
inline Topology two_racks(double port, double uplink) {
  Topology topology;
  topology.vertices.push_back({"spine", {}, {}, {}});
  for (std::size_t i = 0; i < 12; ++i) topology.links.push_back({"port", "NIC", BytesPerSecond{port}, Duration{0}});
  for (std::size_t i = 0; i < 4; ++i)
    topology.links.push_back({"uplink", "spine", BytesPerSecond{uplink}, Duration{0}});
  for (std::size_t r = 0; r < 2; ++r) {
    topology.vertices.push_back({"rack", 0U, LinkId{12 + 2 * r}, LinkId{13 + 2 * r}});
  }
  for (std::size_t i = 0; i < 6; ++i) {
    topology.vertices.push_back({"place", static_cast<std::uint32_t>(1 + i / 3), LinkId{2 * i}, LinkId{2 * i + 1}});
    topology.places.push_back({static_cast<std::uint32_t>(3 + i), {}});
  }
  return topology;
}

}  // namespace cleave

#include "sim/core/topology.h"

#include <algorithm>
#include <limits>

namespace cleave {
namespace {

constexpr double kUnbounded = std::numeric_limits<double>::infinity();

/// Bandwidth that can arrive at each vertex from below (or leave towards below), by direction.
std::vector<double> reachable_from_below(const Topology& topology, std::optional<LinkId> Vertex::*direction) {
  const auto& vertices = topology.vertices;
  std::vector<double> inside(vertices.size(), 0.0);
  std::vector<bool> has_child(vertices.size(), false);
  for (std::size_t v = vertices.size(); v-- > 0;) {
    if (!has_child[v]) inside[v] = kUnbounded;  // a place sends as fast as it is let
    const Vertex& vertex = vertices[v];
    if (!vertex.parent) continue;
    const auto link = vertex.*direction;
    const double passes = link ? std::min(inside[v], topology.links[link->index()].bandwidth.value()) : inside[v];
    inside[*vertex.parent] += passes;
    has_child[*vertex.parent] = true;
  }
  return inside;
}

}  // namespace

void Topology::route(PlaceId from, PlaceId to, std::vector<LinkId>& out) const {
  out.clear();
  if (from == to) return;
  const PlaceSpec& source = places[from.index()];
  const PlaceSpec& target = places[to.index()];
  for (const DomainPort& exit : source.ports) {
    for (const DomainPort& entry : target.ports) {
      if (exit.domain != entry.domain || (exit.spoke && entry.spoke)) continue;
      out.push_back(exit.out);
      if (entry.in != exit.out) out.push_back(entry.in);
      return;
    }
  }
  // Parents have smaller indices than their children, so the larger of the two climbs.
  std::uint32_t a = source.vertex;
  std::uint32_t b = target.vertex;
  while (a != b) {
    const bool climb_source = a > b;
    const Vertex& vertex = vertices[climb_source ? a : b];
    if (!vertex.parent) {  // roots come first, so the other one is a root too
      out.push_back(trunks.at({a, b}));
      break;
    }
    if (climb_source && vertex.up) out.push_back(*vertex.up);
    (climb_source ? a : b) = *vertex.parent;
  }
  // Down again, found from below.
  const auto top = static_cast<std::ptrdiff_t>(out.size());
  for (std::uint32_t at = target.vertex; at != b; at = *vertices[at].parent) {
    if (vertices[at].down) out.push_back(*vertices[at].down);
  }
  std::reverse(out.begin() + top, out.end());
}

Duration Topology::latency(const std::vector<LinkId>& route) const {
  Duration total{};
  for (const LinkId link : route) total += links[link.index()].latency;
  return total;
}

std::vector<bool> Topology::can_saturate() const {
  std::vector<bool> can(links.size(), true);
  std::vector<std::uint32_t> uses(links.size(), 0);
  std::vector<std::uint32_t> children(vertices.size(), 0);
  for (const PlaceSpec& place : places) {
    for (const DomainPort& port : place.ports) {
      ++uses[port.out.index()];
      ++uses[port.in.index()];
    }
  }
  for (const Vertex& vertex : vertices) {
    if (vertex.up) ++uses[vertex.up->index()];
    if (vertex.down) ++uses[vertex.down->index()];
    if (vertex.parent) ++children[*vertex.parent];
  }
  for (const auto direction : {&Vertex::up, &Vertex::down}) {
    const std::vector<double> inside = reachable_from_below(*this, direction);
    for (std::size_t v = 0; v < vertices.size(); ++v) {
      const auto link = vertices[v].*direction;
      if (!link || uses[link->index()] != 1 || links[link->index()].may_degrade) continue;
      const double bandwidth = links[link->index()].bandwidth.value();
      if (inside[v] <= bandwidth) can[link->index()] = false;
      if (!vertices[v].parent) continue;
      const std::uint32_t parent = *vertices[v].parent;
      const auto above = vertices[parent].*direction;
      const bool all_continue =
          children[parent] == 1 && above.has_value() &&
          std::none_of(places.begin(), places.end(), [&](const PlaceSpec& place) { return place.vertex == parent; });
      if (all_continue && links[above->index()].bandwidth.value() <= bandwidth) can[link->index()] = false;
    }
  }
  return can;
}

}  // namespace cleave

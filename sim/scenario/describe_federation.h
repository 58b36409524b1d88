#pragma once
// The fields of sim/scenario/federation.h.

#include "sim/scenario/federation.h"
#include "sim/scenario/names.h"
#include "sim/scenario/rule.h"

namespace cleave {

template <>
struct Alternatives<DirectoryParams> {
  static constexpr std::array<std::string_view, 4> names{"none", "digest", "home", "query"};
};

template <class V>
void describe(V& v, WanLinkParams& link) {
  v.field("between", link.between, "two regions", required().not_empty());
  v.field("rtt", link.rtt, "round trip between them", required().above(0));
  v.field("bandwidth", link.bandwidth, "of each direction", above(0));
}
template <class V>
void describe(V& v, WanTcp& tcp) {
  v.field("window", tcp.window, "bytes of one connection that may be unacknowledged", above(0));
  v.field("streams", tcp.streams, "connections that one movement uses at once", at_least(1));
  v.field("loss", tcp.loss, "share of segments that get lost", Rule{}.at_least(0).at_most(1));
  v.field("segment", tcp.segment, "bytes of one", above(0));
}
template <class V>
void describe(V&, NoDirectory&) {}
template <class V>
void describe(V& v, DigestDirectory& directory) {
  v.field("interval", directory.interval, "between two filters that a region sends", above(0));
  v.field("bits_per_block", directory.bits_per_block, "of the filter", Rule{}.above(0).at_most(64));
}
template <class V>
void describe(V& v, HomeDirectory& directory) {
  v.field("blocks", directory.blocks, "of a prompt's start, whose hash names the region that keeps the entry",
          at_least(1));
}
template <class V>
void describe(V&, QueryDirectory&) {}

template <class V>
void describe(V& v, FederationParams& federation) {
  v.field("regions", federation.regions, "names of sites that wide-area links join; empty: one site");
  v.field("links", federation.links, "one for each pair of regions");
  v.field("protocol", federation.protocol, "how KV crosses between regions, from the catalogue", Rule{}.not_empty());
  v.field("tcp", federation.tcp, "what bounds one movement over a distance");
  v.field("report_interval", federation.report_interval, "regions tell each other the load of their replicas so often",
          above(0));
  v.field("directory", federation.directory, "how a region learns what others have cached");
  v.field("ask_from", federation.ask_from, "prompts with fewer tokens not cached at home ask no directory");
}

}  // namespace cleave

#pragma once
// How the loads that come over one link divide it: by what each has to have, not in equal parts.

#include <optional>
#include <span>
#include <vector>

#include "models/units/units.h"

namespace cleave {

/// One load. `need`: at this rate its bytes come as fast as they are used (a layer's bytes over a layer's compute), so
/// that nobody waits for them; nullopt: nothing hides it. `most`: what it could use of the link at all. `first`: bytes
/// that are waited for at any rate, before anything can be computed.
struct BandwidthDemand {
  std::optional<BytesPerSecond> need;
  BytesPerSecond most;
  Bytes first;
};

/// Shape: one rate a demand, in their order. They sum to the link, or to what all can use if that is less; none is
/// above its `most`. Each gets its need or the fair share of what is left, whichever is less. What is left over goes
/// where it shortens the waits for first bytes most: rates above the need are in proportion to the root of `first`,
/// which minimises the sum of first / rate. Source: ObjectCache, arXiv 2605.22850 (bandwidth by how much each request's
/// compute can hide); the division of what is left over is ours.
[[nodiscard]] std::vector<BytesPerSecond> divide_by_need(BytesPerSecond link, std::span<const BandwidthDemand> demands);

}  // namespace cleave

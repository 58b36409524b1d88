#pragma once
// How policies compare replicas by load. Pure functions of views.

#include <compare>
#include <cstdint>
#include <span>

#include "sim/policy/route.h"

namespace cleave {

/// A replica's load as an order: requests first, then prompt tokens not yet computed, then KV in use, then the id,
/// so that no two replicas are equal and the lowest id wins a tie.
struct LoadRank {
  std::int64_t requests = 0;
  Tokens pending_tokens;
  double kv_usage = 0;
  ReplicaId replica;
  std::partial_ordering operator<=>(const LoadRank&) const = default;
};

[[nodiscard]] LoadRank load_rank(const ReplicaView& replica);

/// The least loaded candidate. `replicas` must not be empty.
[[nodiscard]] const ReplicaView& least_loaded(std::span<const ReplicaView> replicas);

}  // namespace cleave

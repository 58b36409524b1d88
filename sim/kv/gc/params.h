#pragma once
// What can be said about reclaiming blocks that have several holders.

#include <cstdint>

#include "models/units/units.h"

namespace cleave {

/// Who decides that a block is garbage. local_count: its owner counts holders, who say when they let go (vLLM). lease:
/// holders renew leases by heartbeats; a block goes when all its leases are over (Mooncake, NIXL). weighted_count: a
/// registry hands out weights that split without messages when a holder passes a block on, and come back when it lets
/// go (Bevan 1987). mark_sweep: at every epoch living holders say what they hold; what nobody named for two epochs
/// goes. tombstone: the last known holder's release marks a block; it goes after a grace period unless somebody holds
/// it again.
enum class GcScheme : std::uint8_t { local_count, lease, weighted_count, mark_sweep, tombstone };

struct GcParams {
  GcScheme scheme = GcScheme::lease;
  Duration lease = std::chrono::seconds{10};     // of a holder, from its last heartbeat. Source: Mooncake client_ttl
  Duration heartbeat = std::chrono::seconds{3};  // between two renewals
  Duration epoch = std::chrono::seconds{30};     // mark_sweep
  Duration grace = std::chrono::seconds{30};     // tombstone
  Duration message_delay = std::chrono::microseconds{50};
  Duration skew_margin{};           // lease: the owner waits so much longer, for clocks that are behind
  std::uint32_t weight = 1U << 16;  // weighted_count: of a new block
};

}  // namespace cleave

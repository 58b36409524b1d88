#pragma once
// What can be said about reclaiming blocks that somebody elsewhere holds.

#include <cstdint>
#include <optional>

#include "models/units/units.h"

namespace cleave {

/// How whoever keeps a block learns that a holder elsewhere needs it no more.
/// lease: a claim ends a lease after the holder's last heartbeat, or when it says so (vLLM NIXL, Mooncake).
/// local_count: the keeper counts references; only the holder's word ends one (vLLM's ref_cnt).
/// weighted_count: a registry holds the references by weight, and returns those of holders it no longer hears (Bevan,
/// PARLE 1987, with the table of holders that crashes call for).
/// mark_sweep: in each epoch holders name what they hold; what went unnamed in two epochs goes.
/// tombstone: nobody says anything: what was given out stays for a grace period (deferred frees of shared file
/// systems).
enum class GcScheme : std::uint8_t { lease, local_count, weighted_count, mark_sweep, tombstone };

struct GcParams {
  GcScheme scheme = GcScheme::lease;
  Duration lease = std::chrono::seconds{30};  // of a hand-off. Source: vLLM NIXL, kv_lease_duration
  /// lease, weighted_count: between two of one holder. Not given: a third of the lease, or of holder_ttl, so that two
  /// may get lost (assumed: the sources give no interval).
  std::optional<Duration> heartbeat;
  Duration holder_ttl =
      std::chrono::seconds{10};               // weighted_count: silence that means death. Source: Mooncake client_ttl
  Duration epoch = std::chrono::seconds{30};  // mark_sweep. Assumed
  Duration grace = std::chrono::seconds{30};  // tombstone. Assumed
  double message_loss = 0;                    // share of notices, heartbeats and marks that get lost
  Duration clock_skew{};                      // holders' clocks are off by up to this, either way
  Duration skew_margin{};                     // lease: keepers wait so much longer
};

}  // namespace cleave

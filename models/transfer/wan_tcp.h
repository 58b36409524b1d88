#pragma once
// What TCP sustains over a distance, whatever the link could carry.

#include <cstdint>
#include <optional>

#include "models/units/units.h"

namespace cleave {

/// Connections over which one movement is spread, all alike.
struct WanTcp {
  Bytes window{16 << 20};      // bytes of one connection that may be unacknowledged
  std::uint32_t streams = 64;  // connections used at once
  double loss = 0;             // share of segments lost
  Bytes segment{1460};
};

/// streams x window / rtt: a connection sends one window in a round trip. With losses also at most
/// streams x 1.22 x segment / (rtt x sqrt(loss)). Shape: rtt > 0.
/// Source: M. Mathis et al., "The macroscopic behavior of the TCP congestion avoidance algorithm", CCR 27(3), 1997.
[[nodiscard]] BytesPerSecond wan_tcp_rate(const WanTcp& tcp, Duration rtt);

}  // namespace cleave

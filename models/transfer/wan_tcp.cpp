#include "models/transfer/wan_tcp.h"

#include <algorithm>
#include <cmath>

namespace cleave {

BytesPerSecond wan_tcp_rate(const WanTcp& tcp, Duration rtt) {
  constexpr double kMathis = 1.22;  // sqrt(3/2): one acknowledgement a segment
  const double trip = to_seconds(rtt);
  double one = static_cast<double>(tcp.window.value()) / trip;
  if (tcp.loss > 0)
    one = std::min(one, kMathis * static_cast<double>(tcp.segment.value()) / (trip * std::sqrt(tcp.loss)));
  return BytesPerSecond{one * tcp.streams};
}

}  // namespace cleave

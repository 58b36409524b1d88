#include "models/transfer/protocol.h"

#include <algorithm>
#include <cmath>

namespace cleave {

double ProtocolSpec::best_share() const {
  double best = 0;
  for (const ShareAtSize& point : efficiency) best = std::max(best, point.share.value);
  return best;
}

double ProtocolSpec::share_of(double descriptor_bytes) const {
  const auto size = [](const ShareAtSize& point) { return static_cast<double>(point.descriptor.value()); };
  if (descriptor_bytes <= size(efficiency.front())) return efficiency.front().share.value;
  for (std::size_t i = 1; i < efficiency.size(); ++i) {
    const double low = size(efficiency[i - 1]);
    const double high = size(efficiency[i]);
    if (descriptor_bytes > high) continue;
    const double part = std::log(descriptor_bytes / low) / std::log(high / low);
    return efficiency[i - 1].share.value * (1 - part) + efficiency[i].share.value * part;
  }
  return efficiency.back().share.value;
}

}  // namespace cleave

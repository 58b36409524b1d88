#include "models/cost/forms/collective.h"

namespace cleave {

double wire_bytes(const CollectiveWork& work) {
  const double once = work.bytes * (work.ranks - 1) / work.ranks;
  return work.kind == CollectiveKind::all_reduce ? 2 * once : once;
}

double collective_seconds(const CollectiveWork& work, const DeviceRates& device, Coefficients c) {
  enum : std::size_t { kLaunch, kHop, kLink, kRamp, kContention };
  const double wire = wire_bytes(work);
  const double shared = std::pow(work.ranks / 2, c[kContention]);
  const double moving = (wire * shared + std::sqrt(wire * c[kRamp])) / (device.link * c[kLink]);
  return c[kLaunch] + c[kHop] * (work.ranks - 2) + moving;
}

double transfer_seconds(double bytes, Coefficients c) {
  return c[0] + bytes / c[1];
}

}  // namespace cleave

#include "models/cost/forms/collective.h"

#include <algorithm>

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

double direct_all_reduce_seconds(const CollectiveWork& work, const DeviceRates& device, Coefficients c) {
  enum : std::size_t { kLaunch, kHop, kLink, kRamp, kUplink, kStage };
  const double peers = work.ranks - 1;
  // Of what a rank reads, all but its neighbour's part comes over the uplink; the neighbour reads as much.
  const double uplink = 2 * (peers - 1) / peers / c[kUplink];
  const double slowed = device.shared_uplinks ? std::max(1.0, uplink) : 1;
  const auto reading = [&](double bytes) {
    return (bytes * slowed + std::sqrt(bytes * slowed * c[kRamp])) / (device.link * c[kLink]);
  };
  const double one_pass = reading(peers * work.bytes);
  const double two_passes = reading(2 * peers / work.ranks * work.bytes) + c[kStage];
  return c[kLaunch] + c[kHop] * (work.ranks - 2) + std::min(one_pass, two_passes);
}

double transfer_seconds(double bytes, Coefficients c) {
  return c[0] + bytes / c[1];
}

}  // namespace cleave

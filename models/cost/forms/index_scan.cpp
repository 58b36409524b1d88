#include "models/cost/forms/index_scan.h"

namespace cleave {

double index_scan_seconds(double flops, double bytes, const DeviceRates& device, Coefficients c) {
  enum : std::size_t { kLaunch, kCompute, kMemory, kSharpness };
  const double computing = flops / (device.flops * c[kCompute]);
  const double moving = bytes / (device.bandwidth * c[kMemory]);
  return c[kLaunch] + smooth_max(computing, moving, c[kSharpness]);
}

}  // namespace cleave

#include "models/cost/forms/device_rates.h"

namespace cleave {
namespace {

FlopsPerSecond peak(const ComputeSpec& compute, Precision precision) {
  if (precision == Precision::fp4 && compute.fp4) return compute.fp4->peak.value;
  if (precision != Precision::bf16 && compute.fp8) return compute.fp8->peak.value;
  return compute.bf16.peak.value;
}

}  // namespace

std::optional<DeviceRates> device_rates(const DeviceSpec& device, Precision precision) {
  if (!device.compute.multiprocessors || !device.memory.cache) return std::nullopt;
  DeviceRates rates;
  rates.flops = peak(device.compute, precision).value();
  rates.bandwidth = device.memory.bandwidth.value.value();
  rates.multiprocessors = device.compute.multiprocessors->value;
  rates.cache = static_cast<double>(device.memory.cache->value.value());
  rates.link = (device.scale_up ? device.scale_up->bandwidth.value : device.host_link.value).value();
  rates.shared_uplinks = !device.scale_up;
  return rates;
}

}  // namespace cleave

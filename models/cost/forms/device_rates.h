#pragma once
// The catalogue's device as the forms see it.

#include <cstdint>
#include <optional>

#include "models/cost/forms/form.h"
#include "models/hardware/device.h"

namespace cleave {

enum class Precision : std::uint8_t { bf16, fp8, fp4 };

/// A format without native arithmetic computes at the next wider one's peak. A device without a scale-up link uses its
/// host link. Result: nullopt where the catalogue does not know the multiprocessors or the cache.
[[nodiscard]] std::optional<DeviceRates> device_rates(const DeviceSpec& device, Precision precision);

}  // namespace cleave

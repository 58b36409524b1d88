#pragma once
// A roofline for one operation: the slower of computing and moving, by the device's overall efficiencies.

#include "models/cost/operation_price.h"

namespace cleave {

/// Errors: none. Confidence is that of the weakest figure used.
/// Source: rates, efficiencies and overheads of the device's catalogue entry.
[[nodiscard]] OperationPrice generic_price(const Operation& operation, const DeviceSpec& device);

}  // namespace cleave

#pragma once
// Finds times that only a slip of units explains.

#include "calibration/fit/family.h"
#include "models/hardware/device.h"

namespace cleave::fit {

/// Refuses rows of `file` (an index) that are 150 times off the rows nearest to them, and a file whose middle is far
/// from what the device can do: a slip of units is a factor of a thousand, slow kernels are slow together.
/// Errors: ConfigError "file:line: reason".
void refuse_slips(const Family& family, const Dataset& data, const DeviceSpec& spec, std::uint32_t file);

}  // namespace cleave::fit

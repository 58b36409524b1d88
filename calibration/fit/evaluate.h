#pragma once
// How far predictions are from rows that the fit did not see.

#include <vector>

#include "calibration/fit/errors.h"
#include "calibration/fit/fitted.h"

namespace cleave::fit {

/// A device's tables with its catalogue entry (borrowed).
struct MeasuredDevice {
  Dataset data;
  const DeviceSpec* spec = nullptr;
};

/// Holds each region of the family out in turn, fits the rest, and compares. Per device, then over all of them.
/// At most about `rows` held-out rows of a region and device are compared.
[[nodiscard]] std::vector<RegionResult> evaluate(const Family& family, const std::vector<MeasuredDevice>& devices,
                                                 std::size_t rows);

/// Fits `known` and compares with all of `test`; a test row belongs to the first region that it is outside of:
/// unseen device, unseen group, beyond an axis; else it is on the grid.
[[nodiscard]] std::vector<RegionResult> evaluate_on(const Family& family, const std::vector<MeasuredDevice>& known,
                                                    const std::vector<MeasuredDevice>& test);

}  // namespace cleave::fit

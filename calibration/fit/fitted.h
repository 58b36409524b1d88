#pragma once
// A fit of one family on one device: what the simulator prices with, and what interpolation alone would say.

#include <vector>

#include "calibration/fit/errors.h"
#include "calibration/fit/family.h"
#include "models/cost/fitted/kernel_table.h"
#include "models/hardware/device.h"

namespace cleave::fit {

struct FittedDevice {
  const Family* family = nullptr;
  std::string folder;                // the tables'
  const DeviceSpec* spec = nullptr;  // borrowed
  KernelTable table;
  std::vector<ResidualField> plain;  // one a fit of the table: of the logarithms of time

  /// The fit that serves for another's rows: the same variant; else, where libraries come first, the one whose name has
  /// most in common; else what `KernelTable::serving` says, or another number format of the same arithmetic.
  /// Result: nullptr when there is none.
  [[nodiscard]] const KernelFit* serving(const KernelVariant& wanted) const;
  /// Seconds on a device with these rates. `fit` is one of the table's.
  [[nodiscard]] double predict(const KernelFit& fit, const Sample& sample, const DeviceRates& rates,
                               Method method) const;
};

/// Fits every variant to the rows that `use` (one flag a sample) marks. `spec` is borrowed.
/// Errors: ConfigError if the catalogue lacks what the forms need of the device.
[[nodiscard]] FittedDevice fit_device(const Family& family, const Dataset& data, const DeviceSpec& spec,
                                      const std::vector<bool>& use);
[[nodiscard]] FittedDevice fit_device(const Family& family, const Dataset& data, const DeviceSpec& spec);

/// Rates for a variant. Errors: ConfigError naming the device and what its entry lacks.
[[nodiscard]] DeviceRates rates_of(const DeviceSpec& spec, Precision precision);

}  // namespace cleave::fit

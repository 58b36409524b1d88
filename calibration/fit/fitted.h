#pragma once
// A fit of one family on one device: for each variant the coefficients of its physical form, and the measured residual.

#include <optional>
#include <string>
#include <vector>

#include "calibration/fit/errors.h"
#include "calibration/fit/family.h"
#include "calibration/fit/math/residual_field.h"
#include "models/hardware/device.h"

namespace cleave::fit {

/// Time = form(coefficients) x exp(residual): the form extrapolates, the residual corrects where it was measured.
struct FittedVariant {
  Variant variant;
  std::vector<double> coefficients;    // in the order of the family's table
  ResidualField residual;              // of logarithms
  ResidualField plain;                 // of the logarithm of time itself: what interpolation alone would say
  std::array<double, kMaxAxes> low{};  // measured range of every axis
  std::array<double, kMaxAxes> high{};
  std::size_t rows = 0;
};

struct FittedDevice {
  const Family* family = nullptr;
  std::string device;  // the folder's name
  const DeviceSpec* spec = nullptr;
  std::vector<FittedVariant> variants;

  /// The variant that serves for another's rows: the same; else the same but for the kernel's source, the one with most
  /// rows; else one that computes in the same precision. Result: nullptr when there is none.
  [[nodiscard]] const FittedVariant* serving(const Variant& wanted) const;
};

/// Fits every variant to the rows that `use` (one flag a sample) marks. `spec` is borrowed.
/// Errors: ConfigError if the catalogue lacks what the forms need of the device.
[[nodiscard]] FittedDevice fit_device(const Family& family, const Dataset& data, const DeviceSpec& spec,
                                      const std::vector<bool>& use);
[[nodiscard]] FittedDevice fit_device(const Family& family, const Dataset& data, const DeviceSpec& spec);

/// Seconds of a sample on a device with these rates.
[[nodiscard]] double predict(const Family& family, const FittedVariant& fitted, const Sample& sample,
                             const DeviceRates& rates, Method method);

/// Rates for a variant. Errors: ConfigError naming the device and what its entry lacks.
[[nodiscard]] DeviceRates rates_of(const DeviceSpec& spec, Precision precision);

}  // namespace cleave::fit

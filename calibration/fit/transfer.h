#pragma once
// Times on a device that was never measured, from those that were and its data sheet.

#include <optional>
#include <vector>

#include "calibration/fit/fitted.h"

namespace cleave::fit {

/// Applies other devices' shares to a data sheet. Each prediction is the geometric mean of theirs; a device weighs
/// exp(-3 d), d being how far its data sheet is (logarithms of peak and bandwidth, formats it computes, a scale-up
/// link), and devices that are alike share that weight.
class Transfer {
 public:
  /// `sources` and `target` are borrowed; sources are of one family.
  Transfer(std::vector<const FittedDevice*> sources, const DeviceSpec& target);

  /// Seconds, by the sources that have this variant if any has, else by those whose variant serves for it; nullopt if
  /// there is none.
  [[nodiscard]] std::optional<double> predict(const Sample& sample, const KernelVariant& variant, Method method) const;
  /// The device that weighs most. There is at least one source.
  [[nodiscard]] const FittedDevice& nearest() const { return *sources_.front().device; }

 private:
  struct Source {
    const FittedDevice* device;
    double weight;
  };
  std::vector<Source> sources_;  // heaviest first
  const DeviceSpec& target_;
};

/// Distance of two data sheets; 0 for the same.
[[nodiscard]] double sheet_distance(const DeviceSpec& a, const DeviceSpec& b);

}  // namespace cleave::fit

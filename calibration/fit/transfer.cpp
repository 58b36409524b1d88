#include "calibration/fit/transfer.h"

#include <algorithm>
#include <cmath>

namespace cleave::fit {
namespace {

constexpr double kSharpness = 3;
constexpr double kFormatStep = 0.5;  // a format more or less is another generation
constexpr double kLinkedStep = 1.5;  // with and without a scale-up link: another class of memory too

double formats(const DeviceSpec& d) {
  return (d.compute.fp8 ? 1.0 : 0.0) + (d.compute.fp4 ? 1.0 : 0.0);
}

/// From 1 for the same sheet downwards.
double likeness(const DeviceSpec& a, const DeviceSpec& b) {
  return std::exp(-kSharpness * sheet_distance(a, b));
}

/// Of logarithms of seconds.
struct Vote {
  double sum = 0;
  double weights = 0;
};

}  // namespace

double sheet_distance(const DeviceSpec& a, const DeviceSpec& b) {
  const double peak = std::abs(std::log(ratio(a.compute.bf16.peak.value, b.compute.bf16.peak.value)));
  const double bandwidth = std::abs(std::log(ratio(a.memory.bandwidth.value, b.memory.bandwidth.value)));
  const double linked = a.scale_up.has_value() == b.scale_up.has_value() ? 0 : kLinkedStep;
  return peak + 0.5 * bandwidth + kFormatStep * std::abs(formats(a) - formats(b)) + linked;
}

Transfer::Transfer(std::vector<const FittedDevice*> sources, const DeviceSpec& target) : target_(target) {
  for (const FittedDevice* source : sources) {
    // Devices that are alike share one vote: two of a generation say hardly more than one.
    double alike = 0;
    for (const FittedDevice* other : sources) alike += likeness(*source->spec, *other->spec);
    sources_.push_back({source, likeness(*source->spec, target) / alike});
  }
  std::stable_sort(sources_.begin(), sources_.end(),
                   [](const Source& a, const Source& b) { return a.weight > b.weight; });
}

std::optional<double> Transfer::predict(const Sample& sample, const KernelVariant& variant, Method method) const {
  const DeviceRates rates = rates_of(target_, variant.precision);
  Vote same;   // devices that measured this very kernel, in the same way
  Vote other;  // devices with another one
  for (const Source& source : sources_) {
    const KernelFit* fitted = source.device->serving(variant);
    if (fitted == nullptr || source.weight < 0.02 * sources_.front().weight) continue;
    Vote& vote = fitted->variant().name == variant.name ? same : other;
    vote.sum += source.weight * std::log(source.device->predict(*fitted, sample, rates, method));
    vote.weights += source.weight;
  }
  const Vote& vote = same.weights > 0 ? same : other;
  if (vote.weights <= 0) return std::nullopt;
  return std::exp(vote.sum / vote.weights);
}

}  // namespace cleave::fit

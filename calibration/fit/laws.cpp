#include "calibration/fit/laws.h"

#include <algorithm>

#include "calibration/fit/split.h"

namespace cleave::fit {
namespace {

constexpr std::size_t kShapes = 400;
constexpr double kRounding = 1e-9;
constexpr double kClear = 1.1;

/// Twice the work along any growing axis takes no less time.
bool grows(const Family& family, const Sample& sample, const DeviceRates& rates, Coefficients c) {
  const double here = family.seconds(sample.axis, rates, c);
  return std::all_of(family.growing.begin(), family.growing.end(), [&](std::size_t axis) {
    Sample more = sample;
    more.axis[axis] *= 2;
    return family.seconds(more.axis, rates, c) >= here * (1 - kRounding);
  });
}

void count_measured(const Family& family, const Dataset& data, LawResult& result) {
  const std::size_t along = family.growing.front();
  const auto elsewhere = [along](const Sample& s) {
    auto axes = s.axis;
    axes[along] = 0;
    return std::pair(s.variant, axes);
  };
  std::vector<const Sample*> order;
  for (const Sample& s : data.samples) order.push_back(&s);
  std::sort(order.begin(), order.end(), [&](const Sample* a, const Sample* b) {
    const auto x = elsewhere(*a);
    const auto y = elsewhere(*b);
    return x != y ? x < y : a->axis[along] < b->axis[along];
  });
  for (std::size_t i = 1; i < order.size(); ++i) {
    const Sample& less = *order[i - 1];
    const Sample& more = *order[i];
    if (elsewhere(less) != elsewhere(more)) continue;
    ++result.pairs;
    if (more.seconds < less.seconds) ++result.falls;
    if (more.seconds * kClear < less.seconds) ++result.clear_falls;
  }
}

}  // namespace

std::vector<LawResult> check_laws(const FittedDevice& fitted, const Dataset& data) {
  const Family& family = *fitted.family;
  LawResult growth{&family, data.device, "more work takes no less time", 0, 0, 0, 0, 0};
  LawResult own{&family, data.device, std::string(family.law.name), 0, 0, 0, 0, 0};
  std::vector<bool> shapes(data.samples.size(), true);
  thin(shapes, data, kShapes);
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    if (!shapes[i]) continue;
    const Sample& sample = data.samples[i];
    const KernelFit* variant = fitted.serving(data.variants[sample.variant]);
    if (variant == nullptr) continue;
    const DeviceRates rates = rates_of(*fitted.spec, variant->variant().precision);
    ++growth.checked;
    if (!grows(family, sample, rates, variant->params().coefficients)) ++growth.broken;
    if (family.law.holds == nullptr) continue;
    ++own.checked;
    if (!family.law.holds(sample, rates, variant->params().coefficients)) ++own.broken;
  }
  count_measured(family, data, growth);
  std::vector<LawResult> results{growth};
  if (own.checked > 0) results.push_back(own);
  return results;
}

}  // namespace cleave::fit

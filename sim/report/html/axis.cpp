#include "sim/report/html/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "sim/report/humanise.h"

namespace cleave::html {
namespace {

/// 1, 2 or 5 times a power of ten, not below `least`.
double round_step(double least) {
  const double power = std::pow(10.0, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= least * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

/// A round duration: "200 ms", not "200.0 ms".
std::string duration_label(double seconds) {
  struct Unit {
    double seconds;
    const char* name;
  };
  constexpr std::array kUnits{Unit{1e-9, "ns"}, Unit{1e-6, "us"}, Unit{1e-3, "ms"}, Unit{1, "s"},
                              Unit{60, "min"},  Unit{3600, "h"},  Unit{86400, "d"}};
  if (seconds == 0) return "0";
  const Unit* chosen = &kUnits.front();
  for (const Unit& unit : kUnits) {
    const double times = seconds / unit.seconds;
    const bool whole = std::abs(times - std::round(times)) < 1e-6 * times;
    if (times >= 1 - 1e-9 && (unit.seconds <= 1 || whole)) chosen = &unit;
  }
  return fmt::format("{:.4g} {}", seconds / chosen->seconds, chosen->name);
}

void add_log_ticks(Axis& axis) {
  const double decades = std::log10(axis.high / axis.low);
  const bool room_for_all = decades < 2.2;  // else only powers of ten are labelled
  for (double power = std::pow(10.0, std::floor(std::log10(axis.low))); power <= axis.high; power *= 10) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double value = factor * power;
      if (value < axis.low || value > axis.high || (factor > 1 && decades > 4)) continue;
      axis.ticks.push_back({value, factor == 1 || room_for_all ? duration_label(value) : ""});
    }
  }
}

}  // namespace

double Axis::at(double value) const {
  const double inside = std::clamp(value, low, high);
  const double part = logarithmic ? std::log(inside / low) / std::log(high / low) : (inside - low) / (high - low);
  return from + (to - from) * part;
}

Axis duration_axis(double smallest, double largest) {
  constexpr double kLeast = 1e-9;
  Axis axis;
  largest = std::max(largest, kLeast);
  axis.logarithmic = smallest > 0 && largest / smallest > 12;
  if (axis.logarithmic) {
    axis.low = std::max(smallest, kLeast) / 1.15;
    axis.high = largest * 1.15;
    add_log_ticks(axis);
    return axis;
  }
  axis.high = largest * 1.08;
  const double step = round_step(axis.high / 5);
  for (int i = 0; step * i <= axis.high; ++i) axis.ticks.push_back({step * i, duration_label(step * i)});
  return axis;
}

Axis count_axis(double largest) {
  Axis axis;
  const double step = std::max(1.0, round_step(std::max(largest, 1.0) / 4));
  const double marks = std::max(1.0, std::ceil(largest / step));
  axis.high = marks * step;
  for (int i = 0; i <= static_cast<int>(marks); ++i) axis.ticks.push_back({step * i, human::compact(step * i)});
  return axis;
}

Axis percent_axis() {
  Axis axis;
  for (const double value : {0.0, 0.25, 0.5, 0.75, 1.0}) {
    axis.ticks.push_back({value, fmt::format("{:.0f} %", value * 100)});
  }
  return axis;
}

Axis time_axis(double end) {
  constexpr std::array kSteps{1.0,   2.0,    5.0,    10.0,   20.0,   30.0,    60.0,    120.0,   300.0,
                              600.0, 1200.0, 1800.0, 3600.0, 7200.0, 14400.0, 21600.0, 43200.0, 86400.0};
  Axis axis;
  axis.high = end > 0 ? end : 1;
  double step = axis.high < 5 ? round_step(axis.high / 5) : kSteps.front();
  for (const double candidate : kSteps) {
    if (axis.high / step > 6 && candidate > step) step = candidate;
  }
  if (axis.high / step > 6) step = 86400 * round_step(axis.high / 86400 / 5);
  for (int i = 0; step * i <= axis.high * (1 + 1e-9); ++i) axis.ticks.push_back({step * i, duration_label(step * i)});
  return axis;
}

}  // namespace cleave::html

#pragma once
// What the physical forms of kernel times share. A form is a few coefficients, mostly shares of what the data sheet
// promises, and one function of a kernel's shape: calibration fits the coefficients, the simulator evaluates the same
// function. A coefficient that is a share carries over to a device that was never measured.

#include <cmath>
#include <span>
#include <string_view>

namespace cleave {

/// One accelerator as its data sheet has it. Units: operations, bytes and seconds.
struct DeviceRates {
  double flops = 0;            // dense peak of the number format that the kernel computes in, a second
  double bandwidth = 0;        // of the memory, bytes a second
  double multiprocessors = 0;  // that thread blocks run on
  double cache = 0;            // last level before the memory, bytes
  double link = 0;             // to a peer, bytes a second and direction
  // No links of their own: two share a switch's way to the others, as servers with PCIe have.
  bool shared_uplinks = false;
};

/// One coefficient of a form: where a fit starts, and what it may reach.
struct Coefficient {
  std::string_view name;
  double initial = 0;
  double low = 0;  // above zero: fits work on logarithms
  double high = 0;
  std::string_view meaning;
};

/// The values of a form's coefficients, in the order of its table.
using Coefficients = std::span<const double>;

/// A maximum without its corner: (a^sharpness + b^sharpness)^(1/sharpness), at most twice the larger, and the larger
/// itself where the other is small. Both arguments are >= 0, sharpness >= 1. Never falls as an argument grows.
[[nodiscard]] inline double smooth_max(double a, double b, double sharpness) {
  const double larger = a > b ? a : b;
  const double smaller = a > b ? b : a;
  if (smaller <= 0) return larger;
  return larger * std::pow(1 + std::pow(smaller / larger, sharpness), 1 / sharpness);
}

/// How much of `bytes` misses a cache of `capacity` bytes that held all of it before: nothing far below, all far above.
/// Least-recently-used caches turn over abruptly, hence the high power.
[[nodiscard]] inline double cold_share(double bytes, double capacity) {
  const double ratio = bytes / capacity;
  const double eighth = std::pow(ratio, 8.0);
  return std::isfinite(eighth) ? eighth / (1 + eighth) : 1;
}

}  // namespace cleave

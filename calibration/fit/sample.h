#pragma once
// Measurements of one operation on one device, as the fit sees them.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "models/cost/forms/device_rates.h"

namespace cleave::fit {

inline constexpr std::size_t kMaxAxes = 10;

/// One measured time. `axis` holds the numbers that its family names, in its order.
struct Sample {
  std::array<double, kMaxAxes> axis{};
  double seconds = 0;
  std::uint32_t variant = 0;  // index into Dataset::variants
  std::uint32_t file = 0;     // index into Dataset::files
  std::uint32_t line = 0;
};

/// Kernels that are fitted apart: number formats, kernel sources, head widths.
struct Variant {
  std::string name;  // all that tells it apart
  std::string base;  // the same without the kernel's source: what another device may also have
  Precision precision = Precision::bf16;
};

/// All rows of one family and device.
struct Dataset {
  std::string device;  // the folder's name
  std::vector<std::string> files;
  std::vector<Variant> variants;
  std::vector<Sample> samples;
};

}  // namespace cleave::fit

#pragma once
// Measurements of one operation on one device, as the fit sees them.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "models/cost/fitted/kernel_table.h"

namespace cleave::fit {

/// One measured time. `axis` holds the numbers that its family names, in its order.
struct Sample {
  KernelAxes axis{};
  double seconds = 0;
  std::uint32_t variant = 0;  // index into Dataset::variants
  std::uint32_t file = 0;     // index into Dataset::files
  std::uint32_t line = 0;
};

/// All rows of one family and device.
struct Dataset {
  std::string device;  // the folder's name
  std::vector<std::string> files;
  std::vector<KernelVariant> variants;
  std::vector<Sample> samples;
};

}  // namespace cleave::fit

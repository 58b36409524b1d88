#pragma once
// Laws that bind the fitted forms (residual 1), and how often measurements themselves break them.

#include <string>
#include <vector>

#include "calibration/fit/fitted.h"

namespace cleave::fit {

/// One law on one device.
/// Shape: `checked` shapes of the tables were tried, the form broke the law at `broken` of them. `pairs` are measured
/// neighbours along the family's first growing axis, all else equal; `falls` of them get faster as the work grows,
/// `clear_falls` by more than a tenth. Counted for the law of growth only.
struct LawResult {
  const Family* family = nullptr;
  std::string device;
  std::string law;
  std::size_t checked = 0;
  std::size_t broken = 0;
  std::size_t pairs = 0;
  std::size_t falls = 0;
  std::size_t clear_falls = 0;
};

[[nodiscard]] std::vector<LawResult> check_laws(const FittedDevice& fitted, const Dataset& data);

}  // namespace cleave::fit

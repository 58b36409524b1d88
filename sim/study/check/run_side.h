#pragma once
// Runs one side of a comparison.

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "sim/study/check/check.h"
#include "sim/study/sweep/sweep.h"

namespace cleave {

struct SideOptions {
  std::size_t workers = 1;
  std::filesystem::path data_dir;
  std::function<int()> stop;                                    // as in PoolCallbacks
  std::function<void(std::size_t done, std::size_t all)> tick;  // for people
};

/// Every scenario with every seed. Result: one entry a scenario, its runs by seed. A run that fails is an entry with
/// its reason. A scenario that cannot be read fails with all its runs.
[[nodiscard]] std::vector<SideRuns> run_side(const CheckParams& check, const SideParams& side,
                                             const std::vector<std::string>& scenarios, const Catalogue& catalogue,
                                             const SimulatePoint& simulate, const SideOptions& options);

}  // namespace cleave

#pragma once
// rapidcheck draws from one seed in every run, so that a failure is the same failure again.

#include <cstdlib>

namespace cleave {
inline const int kFixedSeed = setenv("RC_PARAMS", "seed=20261121 max_success=200", 0);
}  // namespace cleave

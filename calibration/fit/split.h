#pragma once
// Which rows a region holds out.

#include <vector>

#include "calibration/fit/family.h"

namespace cleave::fit {

/// Ways to hold out: each of up to four groups, quarters of more groups, or every row, in turn; else one.
[[nodiscard]] std::size_t folds(const Dataset& data, const Region& region);

/// One flag a sample: true is held out. Deterministic: rows are chosen by a hash of what they measure. A quarter of the
/// rows (`random`) or of the groups (`group`); all rows above an eighth of the largest value (`beyond`); nothing for
/// `device`, which holds out whole datasets. `fold` < folds(data, region).
[[nodiscard]] std::vector<bool> held_out(const Dataset& data, const Region& region, std::size_t fold);

/// At most `count` of the marked rows, spread evenly; the others lose their mark.
void thin(std::vector<bool>& marks, const Dataset& data, std::size_t count);

}  // namespace cleave::fit

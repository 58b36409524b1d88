#pragma once
// Values drawn from ranges.

#include <optional>
#include <string>

#include "sim/study/sweep/study.h"

namespace cleave {

/// Why a range cannot be drawn from; nullopt: it can.
[[nodiscard]] std::optional<std::string> problem_of(const DrawRange& range);

/// The value at `u` of [0, 1): through an interval from `from` to `to` along its scale, rounded to six digits (or to
/// whole numbers), or through the choices in order. The range has no problem.
[[nodiscard]] Tree drawn(const DrawRange& range, double u);

}  // namespace cleave

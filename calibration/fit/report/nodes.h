#pragma once
// Few places that stand for many.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/cost/fitted/residual_field.h"

namespace cleave::fit {

/// How a thinned residual is read: its values were smoothed before.
[[nodiscard]] Smoothing thinned(Smoothing smoothing);

/// Indices of at most `count` points of the field whose own smoothed values give the rest back: half of them spread
/// (each farthest from those before it), the others where what is there so far errs most. In ascending order.
[[nodiscard]] std::vector<std::uint32_t> choose_nodes(const ResidualField& field, std::size_t count);

}  // namespace cleave::fit

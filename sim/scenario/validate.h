#pragma once
// Whether the parts of a scenario fit together.

#include "sim/scenario/catalogue.h"
#include "sim/scenario/diagnostics.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/tree.h"

namespace cleave {

/// Checks what no single field can tell: pools that serve the classes, hand-offs that can work, faults that hit
/// something, traffic that ends, names of the catalogue, weights that fit. Models left out are already filled in.
/// Errors: added to `diagnostics`, each at the place in `tree` of the value that is wrong.
void validate(const Scenario& scenario, const Catalogue& catalogue, const Tree& tree, Diagnostics& diagnostics);

}  // namespace cleave

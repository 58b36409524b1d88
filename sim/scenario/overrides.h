#pragma once

#include <span>
#include <string>

#include "sim/scenario/diagnostics.h"
#include "sim/scenario/tree.h"

namespace cleave {

/// Applies overrides such as "pools[0].replicas=4", "pools.prefill.replicas=4" (a list's element by its `name`) or
/// "router.prefill={policy: power_of_two, choices: 3}" in order. Values are YAML; a map replaces, it does not merge.
/// Missing maps on the way are made. Errors: added to `diagnostics`, at the source "--set <override>".
void apply_overrides(Tree& tree, std::span<const std::string> overrides, Diagnostics& diagnostics);

}  // namespace cleave

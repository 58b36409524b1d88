#pragma once

#include <span>
#include <string>
#include <string_view>

#include "sim/scenario/diagnostics.h"
#include "sim/scenario/tree.h"

namespace cleave {

/// Applies overrides such as "pools[0].replicas=4", "pools.prefill.replicas=4" (a list's element by its `name`) or
/// "router.prefill={policy: power_of_two, choices: 3}" in order. Values are YAML; a map replaces, it does not merge.
/// Missing maps on the way are made. Errors: added to `diagnostics`, at the source "--set <override>".
void apply_overrides(Tree& tree, std::span<const std::string> overrides, Diagnostics& diagnostics);

/// The same for one value that is a tree already and keeps its own positions: `where` is the place of the path itself.
void set_value(Tree& tree, std::string_view path, Tree value, const Position& where, Diagnostics& diagnostics);

}  // namespace cleave

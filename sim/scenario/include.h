#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sim/scenario/diagnostics.h"
#include "sim/scenario/tree.h"

namespace cleave {

/// A scenario's tree with its includes laid under it, and every file that was read, the scenario first.
struct IncludedTree {
  Tree tree;
  std::vector<std::string> files;
};

/// Reads a file whose key `include` names other files, as one text or a list, relative to the file that names them.
/// Later files override earlier ones, and the including file overrides them all (see `merge`). Positions name the file
/// that a value came from. Errors: added to `diagnostics`, among them a chain of includes that returns to itself;
/// nullopt when the file itself gave no tree.
[[nodiscard]] std::optional<IncludedTree> read_with_includes(const std::filesystem::path& path,
                                                             Diagnostics& diagnostics);

}  // namespace cleave

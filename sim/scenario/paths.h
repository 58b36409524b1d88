#pragma once
// Input files that a scenario names: variables, places relative to the file that names them, and files that are absent.

#include <filesystem>
#include <functional>
#include <string>

#include "sim/scenario/diagnostics.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/tree.h"

namespace cleave {

/// Expands `${NAME}` in every path of an input (CLEAVE_DATA_DIR falls back to `data_dir`), and makes relative paths
/// relative to the folder of the file in which they were written, or to the current one for an override.
/// Errors: added to `diagnostics`: an unknown variable; with `need_files`, a file that is absent, with the public
/// source and checksum of traces that are known.
void expand_paths(Scenario& scenario, const Tree& tree, const std::filesystem::path& data_dir, bool need_files,
                  Diagnostics& diagnostics);

/// Calls `act` with every path of an input that is given, in the order of the fields; it may change them.
void visit_input_paths(Scenario& scenario, const std::function<void(std::string& path)>& act);

}  // namespace cleave

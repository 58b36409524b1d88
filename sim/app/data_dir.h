#pragma once
// The folder of measured data and traces: --data, else ${CLEAVE_DATA_DIR}, else the one known when this was built.

#include <filesystem>
#include <string>

#include "sim/scenario/load.h"

namespace CLI {
class App;
}

namespace cleave {

/// Declares `--data DIR`.
void add_data_dir(CLI::App& parser, std::string& folder);

/// Options under which ${CLEAVE_DATA_DIR} means that folder. A given folder also becomes the environment's, for
/// whatever this process starts.
[[nodiscard]] LoadOptions load_options(const std::string& folder, bool need_files = true);

}  // namespace cleave

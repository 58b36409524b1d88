#include "sim/app/data_dir.h"

#include <CLI/CLI.hpp>
#include <cstdlib>

namespace cleave {

void add_data_dir(CLI::App& parser, std::string& folder) {
  parser.add_option("--data", folder, "what ${CLEAVE_DATA_DIR} means in scenarios")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
}

LoadOptions load_options(const std::string& folder, bool need_files) {
  if (!folder.empty()) ::setenv("CLEAVE_DATA_DIR", folder.c_str(), 1);
  return {CLEAVE_DEFAULT_DATA_DIR, need_files};
}

}  // namespace cleave

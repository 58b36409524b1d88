// Where the catalogue lies.

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <system_error>

#include "models/units/error.h"
#include "sim/scenario/catalogue.h"

namespace cleave {
namespace {

namespace fs = std::filesystem;

bool is_catalogue(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_directory(folder / "hardware", ignored) && fs::is_directory(folder / "llm", ignored);
}

/// The folder of the running program. Result: empty where the system does not tell.
fs::path program_folder() {
  std::error_code failed;
  const fs::path program = fs::read_symlink("/proc/self/exe", failed);
  return failed ? fs::path{} : program.parent_path();
}

}  // namespace

fs::path catalogue_folder() {
  if (const char* named = std::getenv("CLEAVE_CATALOG"); named != nullptr && *named != '\0') {
    if (is_catalogue(named)) return named;
    throw ConfigError(fmt::format("CLEAVE_CATALOG: got \"{}\", expected a folder with hardware/ and llm/", named));
  }
  const fs::path program = program_folder();
  const std::array<fs::path, 3> places{program / "../../models/catalog", program / "../share/cleave/catalog",
                                       CLEAVE_CATALOG_SOURCE};
  for (const fs::path& place : places) {
    if (is_catalogue(place)) return place.lexically_normal();
  }
  throw ConfigError(fmt::format("no catalogue in {} or {}; set CLEAVE_CATALOG", places[0].lexically_normal().string(),
                                places[1].lexically_normal().string()));
}

}  // namespace cleave

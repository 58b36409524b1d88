#pragma once
// A scenario file -> everything that a run needs to know.

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "sim/scenario/catalogue.h"
#include "sim/scenario/include.h"
#include "sim/scenario/scenario.h"

namespace cleave {

struct LoadOptions {
  std::filesystem::path data_dir;        // what ${CLEAVE_DATA_DIR} means where the environment does not say
  bool need_files = true;                // whether traces and other inputs must exist
  const Catalogue* catalogue = nullptr;  // names are looked up here (borrowed); none: in catalogue_folder()
};

struct LoadedScenario {
  Scenario scenario;               // paths of inputs are expanded and stand on their own
  std::string resolved_yaml;       // every value, defaults included; paths as they were written
  std::string resolved_json;       // the same
  std::vector<std::string> files;  // scenario files that were read, the main one first
};

/// Reads, merges (`include`), overrides (`path=value`, see overrides.h), checks and resolves a scenario. A name left
/// out becomes the file's; pools and classes without a model get the scenario's. Errors: ConfigError with all mistakes
/// of form at once, or else all mistakes of sense (validate.h) at once.
[[nodiscard]] LoadedScenario load_scenario(const std::filesystem::path& path,
                                           std::span<const std::string> overrides = {},
                                           const LoadOptions& options = {});

/// The rest of load_scenario() once the file has been read: for many variants of one file. `path` is the file.
[[nodiscard]] LoadedScenario resolve_scenario(IncludedTree read, const std::filesystem::path& path,
                                              const LoadOptions& options = {});

/// The whole scenario as text that reads back to an equal one.
[[nodiscard]] std::string resolved_yaml(const Scenario& scenario);
[[nodiscard]] std::string resolved_json(const Scenario& scenario);

/// JSON Schema (draft 2020-12) of scenario files.
[[nodiscard]] std::string scenario_schema();

}  // namespace cleave

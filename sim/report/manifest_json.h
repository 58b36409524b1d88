#pragma once
// manifest.json: what was run, so that it can be run again. Its presence marks a folder as a run's.

#include <filesystem>
#include <span>
#include <string>

#include "sim/report/run_facts.h"

namespace cleave {

/// Shape: `files` are the names of the folder's other files. Ends with a newline.
/// Errors: aborts when `facts.resolved_json` is not JSON (empty: left out).
[[nodiscard]] std::string manifest_json(const RunFacts& facts, std::span<const std::string> files);

/// Whether a folder holds a manifest of this program.
[[nodiscard]] bool is_run_folder(const std::filesystem::path& folder);

}  // namespace cleave

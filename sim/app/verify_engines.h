#pragma once
// `cleave verify --only engines`: simulated serving against measured runs.

#include <optional>
#include <string>

#include "sim/app/command.h"

namespace cleave {

/// The text that --only begins with to mean measured runs: "engines", or "engines/" and a part of a run's name.
inline constexpr std::string_view kEnginesOnly = "engines";

/// What follows "engines/" in `only`, or nothing; nullopt when `only` means scenarios.
[[nodiscard]] std::optional<std::string> measured_runs_meant(const std::string& only);

struct VerifyEnginesOptions {
  std::string runs;      // a part of "kind/run"; empty: all
  std::string data_dir;  // as --data gave it
  std::string page;      // file for the results page; empty: none
  OutputFormat format = OutputFormat::text;
};

/// Prints what was found. `gate_failed` where a target was missed; `inconclusive` where nothing could be compared.
/// Errors: ConfigError when there is no data folder, or a file of it is malformed.
[[nodiscard]] ExitCode verify_engines(const VerifyEnginesOptions& options);

}  // namespace cleave

#pragma once
// meta.json: under what conditions the rows beside it were measured.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "calibration/bench/harness/probe.h"

namespace cleave::bench {

/// What makes two runs comparable: device, driver, library versions. By name; part of meta.json.
using Environment = std::map<std::string, std::string>;

/// Writes (or extends) `folder/meta.json`: environment, the grid of every probe given, their stopping rules, and one
/// entry in `runs` for each run with its date, commit and clocks. `volatile_facts` may differ from run to run.
/// Errors: ConfigError if the folder holds measurements of another environment, is damaged, or cannot be written.
void write_meta(const std::filesystem::path& folder, const Environment& environment, const Environment& volatile_facts,
                const std::vector<const ProbeSpec*>& probes);

/// The commit this program was configured at, with "-dirty" if files differed.
[[nodiscard]] std::string built_commit();

}  // namespace cleave::bench

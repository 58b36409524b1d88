#pragma once
// Results that were kept and reviewed: what later versions of the program are compared with.

#include <filesystem>
#include <string>
#include <vector>

#include "sim/study/check/check.h"

namespace cleave {

/// The gated values of runs as the text of a baseline file, with what made them: the program's identity, the seeds, the
/// hash of each scenario as it is written, and the values that the side set in it.
/// Shape: one entry of `runs` a scenario. Errors: ConfigError for a run that failed, or a metric that it lacks.
[[nodiscard]] std::string baseline_text(const CheckParams& check, const std::vector<SideRuns>& runs,
                                        const std::string& program);

/// The runs in a baseline file, in the order of the check's scenarios. A scenario that the file lacks has none; one
/// that has changed since has runs without values, whose reason says so. Errors: ConfigError when the file cannot be
/// read or is none.
[[nodiscard]] std::vector<SideRuns> read_baseline(const CheckParams& check, const std::filesystem::path& file);

/// 16 hex digits of a scenario as its file and their includes say it, but for its seed and its names: unchanged by
/// defaults and the catalogue, which belong to the program. Errors: ConfigError when it cannot be read.
[[nodiscard]] std::string written_hash(const std::filesystem::path& scenario);

}  // namespace cleave

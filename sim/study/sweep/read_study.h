#pragma once
// A study file -> StudyParams, and its mistakes.

#include <filesystem>
#include <string>
#include <vector>

#include "sim/study/sweep/study.h"

namespace cleave {

struct LoadedStudy {
  StudyParams params;                 // `scenario` is relative to nothing any more; conditions and formulas are valid
  std::vector<std::string> problems;  // parts that were left out, one line each; the rest stands
};

/// Reads a study. An axis that gives no point, a condition or a formula that cannot be read is left out and told as a
/// problem. Errors: ConfigError where nothing can be run: the file cannot be read, or no scenario is named.
[[nodiscard]] LoadedStudy load_study(const std::filesystem::path& path, const std::filesystem::path& data_dir);

/// The same from text that was kept; `source` names it in errors. Paths stay as they are.
[[nodiscard]] LoadedStudy read_study_text(std::string_view text, const std::string& source);

}  // namespace cleave

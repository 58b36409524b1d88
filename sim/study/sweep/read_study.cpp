#include "sim/study/sweep/read_study.h"

#include <fmt/format.h>

#include <set>
#include <sstream>
#include <utility>

#include "models/units/error.h"
#include "sim/scenario/yaml_parser.h"
#include "sim/study/expression/expression.h"
#include "sim/study/sweep/axes.h"
#include "sim/study/sweep/describe_study.h"

namespace cleave {
namespace {

namespace fs = std::filesystem;

/// Keys that two axes set, or that an axis sets although `set` does.
void report_repeated_keys(const StudyParams& study, std::vector<std::string>& problems) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < study.axes.size(); ++i) {
    for (const std::string& key : keys_of_axis(study.axes[i])) {
      if (!seen.insert(key).second) {
        problems.push_back(
            fmt::format("axes[{}]: {} varies in an earlier axis already; the later one decides", i, key));
      }
    }
  }
}

/// Leaves out what cannot stand, and says so.
void sift(LoadedStudy& study) {
  StudyParams& params = study.params;
  for (std::size_t i = 0; i < params.axes.size(); ++i)
    sift_axis(params.axes[i], fmt::format("axes[{}]", i), study.problems);
  std::erase_if(params.axes, [](const AxisParams& axis) { return keys_of_axis(axis).empty(); });
  report_repeated_keys(params, study.problems);
  const auto bad = [&](const std::string& where, const std::string& text) {
    try {
      (void)Expression::parse(text);
      return false;
    } catch (const ConfigError& error) {
      study.problems.push_back(fmt::format("{}: {}; it is left out", where, error.what()));
      return true;
    }
  };
  std::erase_if(params.where, [&](const std::string& text) { return bad("where", text); });
  std::erase_if(params.derived, [&](const auto& entry) { return bad("derived." + entry.first, entry.second); });
}

LoadedStudy study_of(const Tree& tree, Diagnostics& diagnostics) {
  LoadedStudy study;
  read_document(tree, study.params, diagnostics);
  try {
    diagnostics.throw_if_any();
  } catch (const ConfigError& error) {
    if (study.params.scenario.empty()) throw;
    std::istringstream lines(error.what());  // what could be read stands; every mistake is told
    for (std::string line; std::getline(lines, line);) study.problems.push_back(line);
  }
  sift(study);
  return study;
}

}  // namespace

LoadedStudy load_study(const fs::path& path, const fs::path& data_dir) {
  Diagnostics diagnostics;
  const auto tree = parse_yaml_file(path, diagnostics);
  if (!tree) diagnostics.throw_if_any();
  LoadedStudy study = study_of(*tree, diagnostics);
  if (study.params.name.empty()) study.params.name = path.stem().string();
  constexpr std::string_view kDataDir = "${CLEAVE_DATA_DIR}";
  std::string& scenario = study.params.scenario;
  if (scenario.starts_with(kDataDir)) scenario.replace(0, kDataDir.size(), data_dir.string());
  if (fs::path(scenario).is_relative()) scenario = (path.parent_path() / scenario).lexically_normal().string();
  return study;
}

LoadedStudy read_study_text(std::string_view text, const std::string& source) {
  Diagnostics diagnostics;
  const auto tree = parse_yaml(text, source, diagnostics);
  if (!tree) diagnostics.throw_if_any();
  return study_of(*tree, diagnostics);
}

}  // namespace cleave

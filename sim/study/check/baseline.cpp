#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "models/units/error.h"
#include "sim/scenario/yaml_parser.h"
#include "sim/study/check/run_side.h"
#include "sim/study/expression/json_names.h"

namespace cleave {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr const char* kKind = "cleave baseline";

/// What a scenario is called in a baseline, wherever the repository lies.
std::string label_of(const std::string& scenario) {
  return fs::path(scenario).filename().string();
}

/// Sets "a.b" as a map in a map, so that it reads as a summary does.
void set_path(Json& root, const std::string& name, const Json& value) {
  Json* node = &root;
  std::size_t begin = 0;
  for (auto dot = name.find('.'); dot != std::string::npos; dot = name.find('.', begin)) {
    node = &(*node)[name.substr(begin, dot - begin)];
    begin = dot + 1;
  }
  (*node)[name.substr(begin)] = value;
}

}  // namespace

std::string baseline_text(const CheckParams& check, const std::vector<SideRuns>& runs, const std::string& program) {
  Json out{{"kind", kKind}, {"name", check.name}, {"program", program}, {"scenarios", Json::array()}};
  for (std::size_t s = 0; s < runs.size(); ++s) {
    Json own = Json::array();
    for (const SideRun& run : runs[s]) {
      if (run.summary.empty()) throw ConfigError(fmt::format("{}: {}", check.scenarios[s], run.error));
      const Json summary = Json::parse(run.summary);
      Json values = Json::object();
      for (const MetricParams& metric : check.metrics) {
        const Json* value = find_in_json(summary, metric.metric);
        if (value == nullptr) {
          throw ConfigError(fmt::format("`{}`: summary.json has no such value{}", metric.metric,
                                        suggestion_in_json(summary, metric.metric)));
        }
        set_path(values, metric.metric, *value);
      }
      own.push_back({{"seed", run.seed}, {"summary", values}});
    }
    out["scenarios"].push_back({{"scenario", label_of(check.scenarios[s])}, {"runs", own}});
  }
  return out.dump(1) + "\n";
}

std::vector<SideRuns> read_baseline(const CheckParams& check, const fs::path& file) {
  const auto text = read_text_file(file);
  if (!text) throw ConfigError(fmt::format("{}: cannot be read; --write-baseline makes one", file.string()));
  const Json in = Json::parse(*text, nullptr, false);
  if (!in.is_object() || in.value("kind", "") != kKind) {
    throw ConfigError(fmt::format("{}: is no baseline; --write-baseline makes one", file.string()));
  }
  std::vector<SideRuns> runs(check.scenarios.size());
  for (std::size_t s = 0; s < runs.size(); ++s) {
    for (const Json& scenario : in["scenarios"]) {
      if (scenario["scenario"] != label_of(check.scenarios[s])) continue;
      for (const Json& run : scenario["runs"]) {
        runs[s].push_back({run["seed"].get<std::uint64_t>(), run["summary"].dump(), ""});
      }
    }
  }
  return runs;
}

}  // namespace cleave

#include "sim/study/check/baseline.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "models/units/error.h"
#include "sim/scenario/include.h"
#include "sim/scenario/yaml_parser.h"
#include "sim/study/expression/json_names.h"
#include "sim/study/sweep/family.h"
#include "sim/study/sweep/tree_field.h"

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

Json gated_values(const CheckParams& check, const std::string& text) {
  const Json summary = Json::parse(text);
  Json values = Json::object();
  for (const MetricParams& metric : check.metrics) {
    const Json* value = find_in_json(summary, metric.metric);
    if (value == nullptr) {
      throw ConfigError(fmt::format("`{}`: summary.json has no such value{}", metric.metric,
                                    suggestion_in_json(summary, metric.metric)));
    }
    set_path(values, metric.metric, *value);
  }
  return values;
}

SideRuns kept_runs(const Json& scenario, const std::string& file) {
  SideRuns runs;
  const std::string hash = written_hash(file);
  const bool changed = scenario.at("hash") != hash;
  for (const Json& run : scenario.at("runs")) {
    SideRun& kept = runs.emplace_back(SideRun{run.at("seed").get<std::uint64_t>(), "", ""});
    if (changed) {
      kept.error = fmt::format("{} has changed since the baseline was made: renew it", label_of(file));
    } else {
      kept.summary = run.at("summary").dump();
    }
  }
  return runs;
}

}  // namespace

std::string written_hash(const fs::path& scenario) {
  Diagnostics diagnostics;
  const auto read = read_with_includes(scenario, diagnostics);
  diagnostics.throw_if_any();
  nlohmann::json written = json_of_tree(read->tree);  // sorted: the order of keys says nothing
  for (const char* cosmetic : {"seed", "name", "description"}) written.erase(cosmetic);
  return text_hash(written.dump());
}

std::string baseline_text(const CheckParams& check, const std::vector<SideRuns>& runs, const std::string& program) {
  const std::vector<std::string>& ran = check.head_scenarios.empty() ? check.scenarios : check.head_scenarios;
  Json out{{"kind", kKind}, {"name", check.name}, {"program", program}, {"scenarios", Json::array()}};
  for (std::size_t s = 0; s < runs.size(); ++s) {
    Json own = Json::array();
    for (const SideRun& run : runs[s]) {
      if (run.summary.empty()) throw ConfigError(fmt::format("{}: {}", check.scenarios[s], run.error));
      own.push_back({{"seed", run.seed}, {"summary", gated_values(check, run.summary)}});
    }
    Json set = Json::object();
    for (const auto& [path, value] : check.head.set) set[path] = json_of_tree(value);
    out["scenarios"].push_back(
        {{"scenario", label_of(check.scenarios[s])}, {"hash", written_hash(ran[s])}, {"set", set}, {"runs", own}});
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
  try {
    for (std::size_t s = 0; s < runs.size(); ++s) {
      for (const Json& scenario : in.at("scenarios")) {
        if (scenario.at("scenario") == label_of(check.scenarios[s])) runs[s] = kept_runs(scenario, check.scenarios[s]);
      }
    }
  } catch (const Json::exception& error) {
    throw ConfigError(fmt::format("{}: lacks a part of a baseline: {}; --write-baseline makes one anew", file.string(),
                                  error.what()));
  }
  return runs;
}

}  // namespace cleave

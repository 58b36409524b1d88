#include "sim/study/check/compare_stores.h"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "models/units/error.h"
#include "sim/study/expression/conditions.h"

namespace cleave {
namespace {

using Json = nlohmann::ordered_json;

struct SelectedPoint {
  Json settings;
  SideRuns runs;
};

SideRun side_run(const RunKey& key, const std::optional<RunRow>& run) {
  if (!run) return {key.seed, "", "it has not finished"};
  if (run->status == RunStatus::done) return {key.seed, run->summary, ""};
  return {key.seed, "", run->error.empty() ? std::string(name_of(run->status)) : run->error};
}

std::vector<SelectedPoint> selected(const StoreSelection& selection) {
  const Conditions conditions(selection.where, "where");
  const ResultStore store(selection.file, StoreMode::read);
  std::vector<SelectedPoint> points;
  std::string latest;
  bool wanted = false;
  store.each([&](const PointRow& point, const RunKey& key, const std::optional<RunRow>& run) {
    if (key.point != latest) {
      latest = key.point;
      // What could not be resolved meets no condition.
      wanted = conditions.empty() || (!point.scenario.empty() && conditions.hold(Json::parse(point.scenario)));
      if (wanted) points.push_back({Json::parse(point.settings), {}});
    }
    if (wanted) points.back().runs.push_back(side_run(key, run));
  });
  if (points.empty()) throw ConfigError(fmt::format("{}: no point is selected", selection.file.string()));
  return points;
}

/// The value of a setting; null where a point does not set it.
Json value_of(const SelectedPoint& point, const std::string& name) {
  return point.settings.contains(name) ? point.settings[name] : Json(nullptr);
}

/// Names of settings that vary within a side.
void add_varying(const std::vector<SelectedPoint>& side, std::set<std::string>& names) {
  for (const SelectedPoint& point : side) {
    for (const auto& [name, value] : point.settings.items()) {
      if (value != value_of(side.front(), name)) names.insert(name);
    }
  }
  for (const auto& [name, value] : side.front().settings.items()) {
    for (const SelectedPoint& point : side) {
      if (value_of(point, name) != value) names.insert(name);
    }
  }
}

/// "pools.decode.replicas 4, transfer.decode_kv pull".
std::string label_of(const SelectedPoint& point, const std::set<std::string>& names) {
  std::string label;
  for (const std::string& name : names) {
    const Json value = value_of(point, name);
    label += fmt::format("{}{} {}", label.empty() ? "" : ", ", name,
                         value.is_string() ? value.get<std::string>() : value.dump());
  }
  return label.empty() ? "the only point" : label;
}

std::map<std::string, SideRuns> by_label(const StoreSelection& selection, std::vector<SelectedPoint> side,
                                         const std::set<std::string>& names) {
  std::map<std::string, SideRuns> out;
  for (SelectedPoint& point : side) {
    const std::string label = label_of(point, names);
    if (!out.emplace(label, std::move(point.runs)).second) {
      throw ConfigError(
          fmt::format("{}: several points have {}: a condition has to choose one", selection.file.string(), label));
    }
  }
  return out;
}

}  // namespace

PairedPoints pair_points(const StoreSelection& base, const StoreSelection& head) {
  std::vector<SelectedPoint> base_points = selected(base);
  std::vector<SelectedPoint> head_points = selected(head);
  std::set<std::string> names;
  add_varying(base_points, names);
  add_varying(head_points, names);
  std::map<std::string, SideRuns> base_runs = by_label(base, std::move(base_points), names);
  std::map<std::string, SideRuns> head_runs = by_label(head, std::move(head_points), names);
  std::set<std::string> labels;
  for (const auto* side : {&base_runs, &head_runs}) {
    for (const auto& [label, runs] : *side) labels.insert(label);
  }
  PairedPoints pairs;
  for (const std::string& label : labels) {
    pairs.points.push_back(label);
    pairs.base.push_back(std::move(base_runs[label]));
    pairs.head.push_back(std::move(head_runs[label]));
  }
  return pairs;
}

bool is_store(const std::filesystem::path& file) {
  constexpr std::string_view kMagic = "SQLite format 3";  // the first bytes of every such file
  std::array<char, kMagic.size()> begin{};
  std::ifstream in(file, std::ios::binary);
  in.read(begin.data(), begin.size());
  return in && std::string_view(begin.data(), begin.size()) == kMagic;
}

}  // namespace cleave

// A study -> its runs.

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <nlohmann/json.hpp>

#include "models/units/error.h"
#include "sim/study/expression/conditions.h"
#include "sim/study/sweep/sweep.h"

namespace cleave {
namespace {

using Json = nlohmann::ordered_json;

struct Resolved {
  PointRow row;
  Settings settings;
};

}  // namespace

Shard parse_shard(const std::string& text) {
  Shard shard;
  const auto slash = text.find('/');
  const char* end = text.data() + text.size();
  if (slash != std::string::npos) {
    const auto first = std::from_chars(text.data(), text.data() + slash, shard.index);
    const auto second = std::from_chars(text.data() + slash + 1, end, shard.count);
    const bool read =
        first.ec == std::errc{} && first.ptr == text.data() + slash && second.ec == std::errc{} && second.ptr == end;
    if (read && shard.count > 0 && shard.index < shard.count) return shard;
  }
  throw ConfigError(fmt::format("--shard: got \"{}\", expected i/n with i from 0 to n - 1, such as 0/4", text));
}

SweepPlan plan_sweep(const StudyParams& study, const ScenarioFamily& family, const Catalogue& catalogue) {
  const Conditions conditions(study.where, "where");
  ContentHashes inputs;
  SweepPlan plan;
  std::map<std::string, Resolved> by_hash;
  for (Settings& settings : cross(study.axes)) {
    Resolved resolved{{"", json_of_settings(settings).dump(), ""}, std::move(settings)};
    try {
      const LoadedScenario loaded = family.variant(resolved.settings, study.first_seed);
      if (!conditions.empty() && !conditions.hold(Json::parse(loaded.resolved_json))) {
        ++plan.left_out;
        continue;
      }
      resolved.row.hash = point_hash(loaded, catalogue, inputs);
      resolved.row.scenario = Json::parse(loaded.resolved_json).dump();
    } catch (const ConfigError& error) {
      plan.bad.push_back({resolved.row.settings, error.what()});
      continue;
    }
    const std::string hash = resolved.row.hash;
    if (!by_hash.emplace(hash, std::move(resolved)).second) ++plan.repeated;
  }
  for (const BadPoint& bad : plan.bad) {
    const std::string hash = text_hash(bad.settings);
    by_hash.emplace(hash, Resolved{{hash, bad.settings, ""}, {}});
  }
  for (auto& [hash, resolved] : by_hash) {
    for (std::uint32_t i = 0; i < study.replicates; ++i) {
      plan.runs.push_back({hash, study.first_seed + i});
      plan.point_of.push_back(plan.points.size());
    }
    plan.points.push_back(std::move(resolved.row));
    plan.settings.push_back(std::move(resolved.settings));
  }
  return plan;
}

}  // namespace cleave

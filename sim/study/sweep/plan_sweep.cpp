// A study -> its runs.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>

#include "models/units/error.h"
#include "sim/study/expression/json_names.h"
#include "sim/study/sweep/sweep.h"

namespace cleave {
namespace {

using Json = nlohmann::ordered_json;

class Conditions {
 public:
  explicit Conditions(const StudyParams& study) {
    for (const std::string& text : study.where) conditions_.push_back(Expression::parse(text));
  }
  [[nodiscard]] bool hold(const LoadedScenario& loaded) const {
    if (conditions_.empty()) return true;
    const Json scenario = Json::parse(loaded.resolved_json);
    const NameLookup lookup = [&](std::string_view name) -> std::optional<ExpressionValue> {
      if (auto value = value_in_json(scenario, name)) return value;
      throw ConfigError(fmt::format("where: the scenario has no `{}`{}", name, suggestion_in_json(scenario, name)));
    };
    return std::all_of(conditions_.begin(), conditions_.end(),
                       [&](const Expression& condition) { return condition.number(lookup).value_or(0) != 0; });
  }

 private:
  std::vector<Expression> conditions_;
};

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
  const Conditions conditions(study);
  SweepPlan plan;
  std::map<std::string, Resolved> by_hash;
  for (Settings& settings : cross(study.axes)) {
    Resolved resolved{{"", json_of_settings(settings).dump(), ""}, std::move(settings)};
    try {
      const LoadedScenario loaded = family.variant(resolved.settings, study.first_seed);
      if (!conditions.hold(loaded)) {
        ++plan.left_out;
        continue;
      }
      resolved.row.hash = point_hash(loaded, catalogue);
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

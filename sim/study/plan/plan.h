#pragma once
// What a plan file says: the workload, what must hold, what may be bought.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/units/units.h"
#include "sim/study/sweep/study.h"

namespace cleave {

/// One objective: a value of summary.json, and a limit on one side.
struct PlanSlo {
  std::string metric;
  std::optional<Tree> at_most;  // a number, or a quantity such as "500 ms"
  std::optional<Tree> at_least;
};

struct PlanReplicas {
  std::uint32_t from = 1;
  std::uint32_t to = 8;
};

/// A pool that may be bought: every combination of hardware, parallelism and number of replicas.
struct PlanPool {
  std::string name;
  std::string role = "mixed";
  std::vector<std::string> hardware;
  std::vector<std::uint32_t> tp = {1};
  std::vector<std::uint32_t> pp = {1};
  std::vector<std::uint32_t> cp = {1};
  PlanReplicas replicas;
  SettingMap with;  // further fields of the pool, by key path within it
};

/// Pools that serve together, and what else may be chosen with them.
struct PlanLayout {
  std::string name;
  std::vector<PlanPool> pools;
  SettingMap set;                             // for the whole scenario, by key path
  std::map<std::string, SettingMap> options;  // alternatives, by name: tiers, policies, engine settings
  ValueLists choose;                          // values to choose from by key path; every combination, with every option
};

struct PlanLimits {
  std::optional<UsdPerHour> budget;  // of everything
  std::optional<std::uint32_t> accelerators;
  std::optional<Watts> power;  // rated, of all accelerators
};

/// For the highest goodput: where the scenario says its rate, and between what it is sought.
struct PlanRate {
  std::string path;
  RequestsPerSecond from{1};
  RequestsPerSecond to{100};
  double precision = 0.05;  // of the answer, relative
};

enum class PlanObjective : std::uint8_t { cheapest, highest_goodput };

struct PlanParams {
  std::string name;
  std::string description;
  std::string scenario;
  SettingMap set;
  PlanObjective objective = PlanObjective::cheapest;
  std::vector<std::string> prices;          // one plan for each list
  std::map<std::string, SettingMap> mixes;  // one plan for each variant of the traffic; none: the scenario's
  std::vector<PlanSlo> slo;
  PlanLimits limits;
  bool each_layout = false;  // finds the cheapest of every layout, not only of all: more simulations, a fuller table
  std::vector<PlanLayout> layouts;
  std::optional<PlanRate> rate;
  std::uint32_t replicates = 3;  // seeds of a decision; more are added while it is open
  std::uint32_t most_replicates = 6;
  std::uint64_t first_seed = 1;
  double error = 0.05;  // of each decision at a limit
};

struct LoadedPlan {
  PlanParams params;
  std::vector<std::string> problems;  // parts that were left out
};

/// Reads a plan. An objective that cannot hold, or a pool of nothing, is told as a problem and left out with what needs
/// it. Errors: ConfigError where nothing is left to plan.
[[nodiscard]] LoadedPlan load_plan(const std::filesystem::path& path);

}  // namespace cleave

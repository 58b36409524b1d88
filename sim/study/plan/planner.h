#pragma once
// A plan, carried out: pilot, bounds, search, costs, and why the others lose.

#include <optional>
#include <string>
#include <vector>

#include "sim/study/plan/bound.h"
#include "sim/study/plan/costs.h"
#include "sim/study/plan/evaluate.h"
#include "sim/study/plan/option.h"
#include "sim/study/plan/search.h"

namespace cleave {

struct PlanCandidate {
  std::size_t option = 0;
  Counts counts;
  double cost_per_hour = 0;  // of everything
  Evaluation evaluation;
  ClusterCosts costs;
  std::optional<double> best_rate;  // requests a second, where the highest goodput is sought: holds at this rate ...
  std::optional<double> fails_at;   // ... and fails, or is inconclusive, at this one
};

/// One line of the ranking.
struct PlanRank {
  std::string what;
  std::optional<double> cost_per_hour;  // its own, or the least that it could be
  std::string status;                   // "best", "holds", "fails", "inconclusive", "not simulated"
  std::string why;
};

/// One plan: a price list and a mix of traffic.
struct PlanAnswer {
  std::string prices;
  std::string prices_date;
  std::string prices_description;
  std::string mix;
  std::vector<PlanOption> options;
  std::vector<PlanCandidate> evaluated;  // in the order of their first simulation
  std::optional<std::size_t> best;       // of them
  std::vector<PlanRank> ranking;
  std::vector<std::string> notes;
  std::vector<std::string> problems;  // of the plan, that only runs could show ...
  std::vector<std::string> left_out;  // ... and the metrics of the objectives that were left out for it
  std::size_t candidates = 0;
  std::size_t simulations = 0;
};

struct PlanReport {
  PlanParams params;
  std::vector<std::string> problems;
  std::vector<PlanAnswer> answers;  // mixes, then price lists
  std::string version;
};

/// Plans for every mix and price list. A combination that cannot be planned is an answer without candidates and a note.
/// Errors: ConfigError when the scenario or a price list cannot be read; InterruptedError.
[[nodiscard]] PlanReport carry_out(const LoadedPlan& plan, const Catalogue& catalogue,
                                   const std::filesystem::path& catalogue_path, const std::filesystem::path& data_dir,
                                   const SimulatePoint& simulate, const EvaluateOptions& options);

}  // namespace cleave

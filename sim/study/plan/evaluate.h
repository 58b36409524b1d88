#pragma once
// Verdicts about one cluster by simulation: seeds are added until each objective surely holds or one surely fails.

#include <functional>
#include <string>
#include <vector>

#include "sim/study/plan/limit.h"
#include "sim/study/plan/plan.h"
#include "sim/study/sweep/sweep.h"

namespace cleave {

struct Evaluation {
  Holding holding = Holding::open;
  std::vector<LimitCheck> checks;      // by objective
  std::vector<std::string> summaries;  // JSON, by seed
  std::string failure;                 // why it cannot run, or that it is overloaded
  /// What decides: the objective that is violated most, or that has the least room, and the busiest pool.
  [[nodiscard]] std::string binding() const;
};

struct EvaluateOptions {
  std::size_t workers = 1;
  std::function<int()> stop;
  std::function<void()> ran;  // after each simulation, for people
};

class Evaluator {
 public:
  /// Borrows all.
  Evaluator(const PlanParams& plan, const ScenarioFamily& family, const Catalogue& catalogue,
            const SimulatePoint& simulate, EvaluateOptions options);

  /// The first seed alone decides what is far off or overloaded; then all replicates, then one more at a time up to the
  /// most. Errors: InterruptedError when the user stops it.
  [[nodiscard]] Evaluation evaluate(const Settings& settings);

  /// One run. Errors: its failure as ConfigError.
  [[nodiscard]] std::string run_once(const Settings& settings);

  [[nodiscard]] std::size_t simulations() const { return simulations_; }

 private:
  void add_seeds(const Settings& settings, Evaluation& evaluation, std::size_t up_to);
  void judge(Evaluation& evaluation) const;

  const PlanParams& plan_;
  const ScenarioFamily& family_;
  const Catalogue& catalogue_;
  const SimulatePoint& simulate_;
  EvaluateOptions options_;
  std::size_t simulations_ = 0;
};

/// The user stopped a plan.
class InterruptedError : public std::exception {
 public:
  [[nodiscard]] const char* what() const noexcept override { return "interrupted"; }
};

}  // namespace cleave

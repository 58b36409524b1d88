#pragma once
// One run from a loaded scenario to its results. One per process.

#include <memory>
#include <optional>
#include <string>

#include "sim/cluster/simulation.h"
#include "sim/metrics/steady_state.h"
#include "sim/report/run_facts.h"
#include "sim/scenario/catalogue.h"
#include "sim/scenario/load.h"
#include "sim/study/prices/price_list.h"
#include "sim/study/sweep/sweep.h"

namespace cleave {

class Run {
 public:
  /// Borrows both. Errors: ConfigError for a cluster that cannot be, or an unknown price list.
  Run(const LoadedScenario& loaded, const Catalogue& catalogue);

  [[nodiscard]] const RunFacts& facts() const { return facts_; }
  [[nodiscard]] Recorder& recorder() { return *recorder_; }

  /// The facts name the files of kernels and prices too, with hashes of their content, for a manifest. Reads them
  /// whole.
  void name_input_files();

  /// Simulates to the end, or until the user interrupts; the facts are complete afterwards. Call once.
  /// Progress goes to stderr unless `quiet`. Errors: ConfigError from a malformed trace met on the way.
  void simulate(bool quiet);

 private:
  std::optional<Duration> horizon_;
  std::optional<PriceList> prices_;  // that the scenario names
  std::optional<Catalogue> priced_;  // the catalogue with its prices
  const Catalogue& catalogue_;       // that, or the one that was given
  Simulation simulation_;
  RunFacts facts_;
  std::unique_ptr<Recorder> recorder_;
  SteadyStateMeter steady_;  // listens to the recorder
};

/// Simulates quietly and returns the text of summary.json: what a child process hands to its parent.
[[nodiscard]] std::string simulate_for_summary(const LoadedScenario& loaded, const Catalogue& catalogue);

/// The same for the points of a study.
[[nodiscard]] SimulatePoint simulate_points();

}  // namespace cleave

#include "sim/app/simulate.h"

#include "sim/app/facts.h"
#include "sim/app/interrupt.h"
#include "sim/app/progress_line.h"
#include "sim/report/summary_json.h"

namespace cleave {

Run::Run(const LoadedScenario& loaded, const Catalogue& catalogue)
    : simulation_(loaded.scenario, catalogue),
      facts_(facts_before(loaded, simulation_, catalogue)),
      recorder_(simulation_.make_recorder()) {}

void Run::simulate(bool quiet) {
  ProgressLine line(quiet);
  RunOptions options;
  options.interrupted = [] {
    catch_interrupts();  // here, since the engine took SIGINT over when it was made
    return interrupted();
  };
  options.progress = [&line](const Progress& progress) {
    line.update(progress.finished, progress.expected, progress.now);
  };
  const RunOutcome outcome = simulation_.run(*recorder_, options);
  line.clear();
  add_outcome(facts_, outcome, simulation_);
}

std::string simulate_for_summary(const LoadedScenario& loaded, const Catalogue& catalogue) {
  Run run(loaded, catalogue);
  run.simulate(true);
  return summary_json(run.facts(), run.recorder().results());
}

}  // namespace cleave

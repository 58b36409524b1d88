#include "sim/app/simulate.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/app/facts.h"
#include "sim/app/interrupt.h"
#include "sim/app/price_facts.h"
#include "sim/app/progress_line.h"
#include "sim/app/run_costs.h"
#include "sim/core/simgrid_kernel.h"
#include "sim/report/summary_json.h"

namespace cleave {
namespace {

/// When the traffic ends, where every class says so. (Requests under way then take a little longer.)
std::optional<Duration> horizon_of(const Scenario& scenario) {
  Duration last{};
  for (const ClassParams& cls : scenario.workload.classes) {
    const auto* synthetic = std::get_if<SyntheticParams>(&cls.traffic);
    if (synthetic == nullptr || !synthetic->duration) return scenario.until;
    last = std::max(last, *synthetic->duration);
  }
  return scenario.until ? std::min(last, *scenario.until) : last;
}

std::vector<SloLimits> limits_of(const Recorder& recorder) {
  std::vector<SloLimits> limits;
  for (const ClassInfo& cls : recorder.params().classes) limits.push_back(cls.slo);
  return limits;
}

std::optional<PriceList> prices_of(const Scenario& scenario, const Catalogue& catalogue) {
  if (!scenario.prices) return std::nullopt;
  return load_price_list(catalogue.folder(), *scenario.prices);
}

/// Overload is said, not averaged.
void warn_unless_steady(RunFacts& facts) {
  const SteadyState& steady = facts.steady;
  if (steady.steadiness == Steadiness::growing) {
    facts.warnings.push_back(fmt::format(
        "the run never settled: the requests in the system grow by {:.3g} a second, which is overload; means "
        "and percentiles only tell how long it was watched",
        steady.growth_per_second));
  } else if (steady.steadiness == Steadiness::unsettled) {
    facts.warnings.emplace_back(
        "the run never settled: the requests in the system reach no level that lasts; make it longer, or read its "
        "means as those of a transient");
  }
}

}  // namespace

Run::Run(const LoadedScenario& loaded, const Catalogue& catalogue)
    : horizon_(horizon_of(loaded.scenario)),
      prices_(prices_of(loaded.scenario, catalogue)),
      priced_(prices_ ? std::optional(priced(catalogue, *prices_)) : std::nullopt),
      catalogue_(priced_ ? *priced_ : catalogue),
      simulation_(loaded.scenario, catalogue_),
      facts_(facts_before(loaded, simulation_, catalogue_)),
      recorder_(simulation_.make_recorder()),
      steady_(limits_of(*recorder_)) {
  recorder_->attach(steady_);
}

void Run::name_input_files() {
  add_coefficient_files(facts_, simulation_, catalogue_);
}

void Run::simulate(bool quiet) {
  ProgressLine line(quiet);
  RunOptions options;
  options.interrupted = [] {
    catch_interrupts();  // here, since the engine took SIGINT over when it was made
    return interrupted();
  };
  options.progress = [&](const Progress& progress) {
    line.update({progress.finished, progress.now, progress.expected, horizon_});
  };
  const RunOutcome outcome = simulation_.run(*recorder_, options);
  line.clear();
  add_outcome(facts_, outcome, simulation_);
  facts_.steady = steady_.result();
  warn_unless_steady(facts_);
  const RunResults results = recorder_->results();
  warn_of_empty_window(facts_, results);
  if (prices_) add_listed_costs(facts_, summary_json(facts_, results), simulation_, catalogue_, *prices_);
}

std::string simulate_for_summary(const LoadedScenario& loaded, const Catalogue& catalogue) {
  Run run(loaded, catalogue);
  run.simulate(true);
  return summary_json(run.facts(), run.recorder().results());
}

SimulatePoint simulate_points() {
  return {simulate_for_summary, make_simgrid_engine_early};
}

}  // namespace cleave

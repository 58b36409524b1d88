#pragma once
// Runs probes into a folder, and the command line that all benchmark programs share.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "calibration/bench/harness/meta.h"
#include "calibration/bench/harness/probe.h"

namespace cleave::bench {

struct RunOptions {
  std::filesystem::path folder;
  /// Names of probes; empty for all.
  std::vector<std::string> only;
  /// No point is begun after this; the next run goes on from there.
  double budget_seconds = 520;
};

struct RunResult {
  std::size_t measured = 0;
  std::size_t skipped = 0;
  /// Points that were there from earlier runs.
  std::size_t resumed = 0;
  /// Points left for the next run.
  std::size_t left = 0;
};

/// The probes of these names, all for no names. Errors: ConfigError for an unknown name; lists the valid ones.
[[nodiscard]] std::vector<const Probe*> select_probes(const std::vector<Probe>& probes,
                                                      const std::vector<std::string>& only);

/// Measures every point that the folder does not hold yet, probe after probe, and says on stderr how it goes.
/// `clock` gives seconds since any start; tests turn it by hand.
/// Errors: ConfigError for what select_probes and ResultFile refuse.
[[nodiscard]] RunResult run_probes(const std::vector<Probe>& probes, const RunOptions& options,
                                   const std::function<double()>& clock);

/// Probes with their names, tables and numbers of points, one a line.
[[nodiscard]] std::string list_probes(const std::vector<Probe>& probes);

/// What a benchmark program is made of. `probes` are known without the device; `open` acquires it, before anything is
/// measured, and says what it is (first) and in which state (second). It throws ConfigError where there is none.
struct Suite {
  std::string name;
  std::string summary;
  std::vector<Probe> probes;
  std::function<std::pair<Environment, Environment>()> open;
};

/// The whole program: --list, --only, --check, --out, --budget. Exit codes: 0 all measured or all checks passed,
/// 1 a check failed, 2 bad input or no device, 3 stopped at the budget (run again to go on).
[[nodiscard]] int bench_main(int argc, char** argv, Suite suite);

}  // namespace cleave::bench

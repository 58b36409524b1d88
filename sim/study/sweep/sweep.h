#pragma once
// A study, run: points, what of them is known already, a pool of processes for the rest, and one file of results.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/scenario/catalogue.h"
#include "sim/scenario/load.h"
#include "sim/study/store/result_store.h"
#include "sim/study/sweep/axes.h"
#include "sim/study/sweep/family.h"
#include "sim/study/sweep/read_study.h"

namespace cleave {

/// How a point is simulated.
struct SimulatePoint {
  /// Simulates one scenario in this process and returns the text of summary.json. Errors: exceptions.
  std::function<std::string(const LoadedScenario& loaded, const Catalogue& catalogue)> run;
  std::function<void()> prepare;  // see PoolOptions
};

/// One part of n, for machines that share nothing: run number r of the study, in order of (point, seed), belongs to the
/// part r mod n.
struct Shard {
  std::size_t index = 0;
  std::size_t count = 1;
};

/// "1/4". Errors: ConfigError.
[[nodiscard]] Shard parse_shard(const std::string& text);

/// A point that could not be resolved, and why.
struct BadPoint {
  std::string settings;
  std::string error;
};

/// All that a study asks for.
struct SweepPlan {
  std::vector<PointRow> points;       // distinct, ordered by hash
  std::vector<RunKey> runs;           // ordered by (point, seed)
  std::vector<Settings> settings;     // by point
  std::vector<std::size_t> point_of;  // by run
  std::vector<BadPoint> bad;          // these have runs as well, which are settled as invalid
  std::size_t left_out = 0;           // by conditions
  std::size_t repeated = 0;           // points that resolve to an earlier one
};

/// Resolves every point of a study. Errors: ConfigError for a condition that names nothing in any point.
[[nodiscard]] SweepPlan plan_sweep(const StudyParams& study, const ScenarioFamily& family, const Catalogue& catalogue);

/// How far a sweep is, for people.
struct SweepStanding {
  std::size_t runs = 0;    // wanted
  std::size_t known = 0;   // of them, from an earlier start
  std::size_t done = 0;    // in this one, failures included
  std::size_t failed = 0;  // in this one
  std::size_t running = 0;
};

struct SweepOptions {
  std::string study;    // the text of the study file, kept with the results
  std::string program;  // whose results count: see program_identity()
  std::size_t workers = 1;
  Shard shard;
  std::function<int()> stop;                           // 0: go on; 1: let runs end and stop; 2: stop now
  std::function<void(const SweepStanding&)> progress;  // a few times a second
};

struct SweepOutcome {
  SweepStanding standing;
  std::size_t invalid = 0;  // of all wanted runs, known ones included
  std::size_t failed = 0;
  std::size_t unfinished = 0;
};

/// Runs what the store lacks. Each result is in the store before the next is waited for.
/// Errors: those of the store, and std::system_error.
SweepOutcome run_sweep(const SweepPlan& plan, const ScenarioFamily& family, const Catalogue& catalogue,
                       const SimulatePoint& simulate, ResultStore& store, const SweepOptions& options);

}  // namespace cleave

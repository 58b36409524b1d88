#include "sim/study/sweep/sweep.h"

#include <algorithm>
#include <map>
#include <utility>

#include "models/units/check.h"
#include "sim/study/sweep/fork_pool.h"

namespace cleave {
namespace {

RunStatus status_of(JobStatus status) {
  switch (status) {
    case JobStatus::done:
      return RunStatus::done;
    case JobStatus::invalid:
      return RunStatus::invalid;
    case JobStatus::failed:
      return RunStatus::failed;
    case JobStatus::killed:
      return RunStatus::killed;
  }
  SIM_CHECK(false, "an unknown status of a job");
}

/// The runs of the shard.
std::vector<std::size_t> share_of(const SweepPlan& plan, const Shard& shard) {
  std::vector<std::size_t> runs;
  for (std::size_t r = shard.index; r < plan.runs.size(); r += shard.count) runs.push_back(r);
  return runs;
}

/// Settles the runs of points that could not even be resolved.
void settle_bad_points(const SweepPlan& plan, const std::vector<std::size_t>& share, ResultStore& store) {
  std::map<std::string, std::string> errors;  // by hash
  for (const BadPoint& bad : plan.bad) errors.emplace(text_hash(bad.settings), bad.error);
  for (const std::size_t r : share) {
    const auto found = errors.find(plan.runs[r].point);
    if (found != errors.end()) store.add({plan.runs[r], RunStatus::invalid, "", found->second, 0});
  }
}

SweepOutcome counted(const ResultStore& store, const SweepStanding& standing) {
  SweepOutcome outcome;
  outcome.standing = standing;
  store.each([&](const PointRow&, const RunKey&, const std::optional<RunRow>& run) {
    if (!run) {
      ++outcome.unfinished;
    } else if (run->status == RunStatus::invalid) {
      ++outcome.invalid;
    } else if (run->status != RunStatus::done) {
      ++outcome.failed;
    }
  });
  return outcome;
}

}  // namespace

SweepOutcome run_sweep(const SweepPlan& plan, const ScenarioFamily& family, const Catalogue& catalogue,
                       const SimulatePoint& simulate, ResultStore& store, const SweepOptions& options) {
  const std::vector<std::size_t> share = share_of(plan, options.shard);
  std::vector<RunKey> wanted;
  for (const std::size_t r : share) wanted.push_back(plan.runs[r]);
  store.begin(options.study, options.program, plan.points, wanted);
  settle_bad_points(plan, share, store);
  store.sync();
  const std::set<RunKey> settled = store.settled();
  std::vector<std::size_t> todo;
  for (const std::size_t r : share) {
    if (!settled.contains(plan.runs[r])) todo.push_back(r);
  }
  SweepStanding standing;
  standing.runs = share.size();
  standing.known = share.size() - todo.size();
  const auto work = [&](std::size_t job) {
    const std::size_t run = todo[job];
    const LoadedScenario loaded = family.variant(plan.settings[plan.point_of[run]], plan.runs[run].seed);
    return simulate.run(loaded, catalogue);
  };
  PoolCallbacks callbacks;
  callbacks.stop = options.stop;
  callbacks.finished = [&](std::size_t job, JobResult result) {
    RunRow row{plan.runs[todo[job]], status_of(result.status), "", "", result.seconds};
    (row.status == RunStatus::done ? row.summary : row.error) = std::move(result.text);
    store.add(row);
    ++standing.done;
    if (row.status != RunStatus::done) ++standing.failed;
  };
  callbacks.tick = [&](std::size_t running) {
    standing.running = running;
    store.sync();
    if (options.progress) options.progress(standing);
  };
  PoolOptions pool;
  pool.workers = options.workers;
  pool.prepare = simulate.prepare;
  run_jobs(todo.size(), work, pool, callbacks);
  store.sync();
  return counted(store, standing);
}

}  // namespace cleave

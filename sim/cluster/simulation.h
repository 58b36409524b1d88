#pragma once
// One run: a scenario and the catalogue in, records through the recorder and an outcome out. One per process.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/cluster/cluster.h"
#include "sim/cluster/fleet.h"
#include "sim/core/simgrid_kernel.h"
#include "sim/metrics/recorder.h"

namespace cleave {

/// How far a run has come; for people, never for results.
struct Progress {
  TimePoint now;
  std::uint64_t finished = 0;
  std::optional<std::uint64_t> expected;
};

struct RunOptions {
  std::function<bool()> interrupted;                    // asked often; true ends the run, with what was finished kept
  std::function<void(const Progress&)> progress;        // called every few thousand instants
  std::function<std::unique_ptr<Workload>()> workload;  // sends requests in place of the classes' own traffic
  std::vector<TimePoint> probe_at;                      // reads all state at these moments: must change nothing
  SimGridOptions kernel;
};

/// Links of one class, both directions.
struct LinkClassOutcome {
  std::string name;
  std::size_t links = 0;
  double bytes = 0;
  BytesPerSecond bandwidth;     // of all links together
  double peak_utilisation = 0;  // of the busiest link, highest mean over one time-series interval
  std::string busiest;
};

struct RunOutcome {
  bool interrupted = false;
  bool reached_until = false;  // the scenario's hard stop cut it off
  TimePoint end;               // when the last request ended, or the run was stopped
  KernelCounters kernel;
  ClusterCounters cluster;
  MoverCounters movements;
  IndexOutcome index;
  FederationOutcome federation;
  std::vector<TierOutcome> tiers;
  GcOutcome gc;
  std::vector<std::array<double, kKvStates>> memory;  // byte-seconds of pools' accelerators, by PoolId and KvState
  std::uint64_t preemptions = 0;
  LookupCounters lookups;
  std::uint64_t abandoned_turns = 0;
  std::vector<PoolSample> pools;    // at the end, by PoolId
  std::vector<ReplicaUsage> usage;  // by ReplicaId
  std::vector<LinkClassOutcome> links;
};

class Simulation {
 public:
  /// Borrows both. Errors: ConfigError as plan_pools().
  Simulation(const Scenario& scenario, const Catalogue& catalogue);

  [[nodiscard]] const Scenario& scenario() const { return scenario_; }
  [[nodiscard]] const std::vector<PoolPlan>& pools() const { return pools_; }
  [[nodiscard]] const std::vector<TierPlan>& tiers() const { return tiers_; }
  [[nodiscard]] const Platform& platform() const { return platform_; }

  /// A recorder for this scenario's classes and pools.
  [[nodiscard]] std::unique_ptr<Recorder> make_recorder() const;

  /// Runs to the end and checks every conservation law; a broken one aborts. Call once.
  /// Errors: ConfigError from a malformed trace met on the way.
  RunOutcome run(Recorder& recorder, const RunOptions& options = {});

 private:
  const Scenario& scenario_;
  std::vector<PoolPlan> pools_;
  std::vector<TierPlan> tiers_;
  Platform platform_;
};

}  // namespace cleave

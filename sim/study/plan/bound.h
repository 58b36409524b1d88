#pragma once
// Fewest replicas that can carry a load, by arithmetic: what prunes before anything is simulated.

#include <optional>
#include <string>
#include <vector>

#include "sim/cluster/fleet.h"
#include "sim/study/plan/option.h"

namespace cleave {

/// What a pilot run of the scenario asks of the pools, a second.
struct PilotLoad {
  double prompt_tokens = 0;  // computed, not found cached
  double output_tokens = 0;
  double mean_context = 0;  // tokens of a sequence half-way through its answer
  double tpot_limit = 0;    // the loosest of the classes, seconds; 0: none
};

/// From a pilot's summary.json and the scenario.
[[nodiscard]] PilotLoad pilot_load(const std::string& summary, const Scenario& scenario);

/// The most that one replica can do, a second: whole steps of prompts without context, and decode steps of any size
/// that its memory, its engine and the TPOT limit allow, all at the pilot's mean context.
struct ReplicaCapacity {
  double prompt_tokens = 0;
  double output_tokens = 0;
};
[[nodiscard]] ReplicaCapacity capacity_of(const PoolPlan& pool, const PilotLoad& load);

/// The share of the pilot's load that a cluster must carry at least: cached prefixes, other seeds and the end of the
/// run are why it may be less than all.
inline constexpr double kSafeShare = 0.8;

/// Fewest replicas of each pool, or kNoReplicas. Shape: one a pool; a mixed pool carries both kinds of work. Pools of
/// one role share the load: then each may be at its least.
[[nodiscard]] Counts bound_of(const PlanOption& option, const std::vector<ReplicaCapacity>& capacities,
                              const PilotLoad& load);

}  // namespace cleave

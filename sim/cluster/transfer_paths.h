#pragma once
// How KV gets from any pool to any other: the scenario's protocols, and what each pair of pools makes of them.

#include <vector>

#include "sim/cluster/fleet.h"
#include "sim/cluster/platform.h"
#include "sim/scenario/catalogue.h"
#include "sim/transfer/movement_plan.h"

namespace cleave {

/// The protocols, codec and store that a scenario names, its overrides applied.
/// Errors: ConfigError for names that the catalogue lacks (the scenario reader reports them with their place first).
[[nodiscard]] TransferSpecs resolve_transfer(const Scenario& scenario, const Catalogue& catalogue);

class TransferPaths {
 public:
  /// Borrows all of it.
  TransferPaths(const Scenario& scenario, const std::vector<PoolPlan>& pools, const Platform& platform);

  /// Over the scale-up links where both are in one domain, else over the network, wide-area links between regions.
  [[nodiscard]] const KvPath& between(ReplicaId from, ReplicaId to) const;

  /// Whether blocks of the two pools bear the same names: one model, format and block size.
  [[nodiscard]] bool same_names(PoolId a, PoolId b) const;

 private:
  [[nodiscard]] KvPath build(const Scenario& scenario, PoolId from, PoolId to, KvPath::Reach reach) const;
  void add_distance(KvPath& path, const Scenario& scenario, PoolId from, PoolId to) const;
  [[nodiscard]] RegionId region_of(PoolId pool) const;
  [[nodiscard]] bool share_domain(ReplicaId a, ReplicaId b) const;
  [[nodiscard]] std::size_t index(PoolId from, PoolId to) const { return from.index() * pools_.size() + to.index(); }

  const std::vector<PoolPlan>& pools_;
  const Platform& platform_;
  std::vector<PoolId> pool_of_;  // by ReplicaId
  std::vector<KvPath> network_;  // by pair of pools
  std::vector<KvPath> local_;
};

}  // namespace cleave

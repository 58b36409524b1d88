#pragma once
// The control plane's estimates, from the models that the simulation itself runs on: a control plane measured
// perfectly.

#include <vector>

#include "sim/cluster/fleet.h"
#include "sim/cluster/transfer_paths.h"
#include "sim/cluster/wan_meter.h"
#include "sim/policy/estimates.h"

namespace cleave {

class ClusterEstimates final : public ServiceEstimates {
 public:
  /// Borrows all of it.
  ClusterEstimates(const std::vector<PoolPlan>& pools, const Platform& platform, const TransferPaths& paths,
                   const RegionMap& regions, const WanMeter& wan);

  [[nodiscard]] Duration prefill(ReplicaId replica, Tokens tokens, Tokens context) const override;
  [[nodiscard]] Duration backlog(ReplicaId replica, Tokens pending) const override;
  [[nodiscard]] Duration decode_step(ReplicaId replica, std::int64_t sequences, std::int64_t kv_blocks) const override;
  [[nodiscard]] std::optional<Duration> ship(ReplicaId from, ReplicaId to, Tokens tokens) const override;
  [[nodiscard]] Duration rtt(RegionId a, RegionId b) const override { return regions_.rtt(a, b); }
  [[nodiscard]] WanLoad wan(RegionId from, RegionId to) const override { return wan_.load(from, to); }

 private:
  [[nodiscard]] const PoolPlan& pool_of(ReplicaId replica) const { return pools_[pool_of_[replica.index()].index()]; }

  const std::vector<PoolPlan>& pools_;
  const Platform& platform_;
  const TransferPaths& paths_;
  const RegionMap& regions_;
  const WanMeter& wan_;
  std::vector<PoolId> pool_of_;            // by ReplicaId
  std::vector<double> seconds_per_token_;  // of a full step, by PoolId
};

}  // namespace cleave

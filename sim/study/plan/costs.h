#pragma once
// What a cluster costs, from its price list and its runs: money by pool and tier, for a million tokens, and power by
// phase.

#include <string>
#include <vector>

#include "sim/report/cluster_costs.h"
#include "sim/study/plan/bound.h"
#include "sim/study/plan/option.h"
#include "sim/study/plan/storage.h"

namespace cleave {

/// What costs are made of. Borrows all.
struct CostBasis {
  const PlanOption& option;
  const Counts& counts;
  const PriceList& prices;
  const std::vector<ReplicaCapacity>& capacities;  // by pool
  const OptionStorage& storage;
};

/// Means over the summaries of a cluster's runs. Without any: what is known before, and no cost of a token.
[[nodiscard]] ClusterCosts costs_of(const CostBasis& basis, const std::vector<std::string>& summaries);

}  // namespace cleave

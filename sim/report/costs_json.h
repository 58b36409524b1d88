#pragma once
// The lines of a cluster's costs, for programs.

#include <nlohmann/json.hpp>

#include "sim/report/cluster_costs.h"

namespace cleave {

[[nodiscard]] nlohmann::ordered_json costs_json(const ClusterCosts& costs);

}  // namespace cleave

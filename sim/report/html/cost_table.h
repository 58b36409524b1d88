#pragma once
// The lines of a cluster's costs, on a page.

#include <string>

#include "sim/report/cluster_costs.h"

namespace cleave::html {

[[nodiscard]] std::string cost_table(const ClusterCosts& costs);

/// "12.3 kW".
[[nodiscard]] std::string kilowatts(double watts);

}  // namespace cleave::html

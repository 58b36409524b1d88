#pragma once
// The lines of a cluster's costs, for a terminal.

#include <optional>
#include <string>

#include "sim/report/cluster_costs.h"
#include "sim/report/text_table.h"

namespace cleave {

/// "$0.123", or a dash.
[[nodiscard]] std::string money(const std::optional<double>& usd);

/// Pools, tiers, egress, power, and what a million tokens cost.
void write_costs(std::string& out, const ClusterCosts& costs, const Ink& ink);

}  // namespace cleave

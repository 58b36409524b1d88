#pragma once
// timeseries.csv: the pools over time.

#include <span>
#include <string>

#include "sim/metrics/timeline.h"

namespace cleave {

/// Shape: one row for each sample that was kept; `pools` are names by PoolId. `busy_s` and `tokens_computed` count from
/// the run's start, so that differences between rows are right at any interval.
[[nodiscard]] std::string timeseries_csv(const Timeline& timeline, std::span<const std::string> pools);

}  // namespace cleave

#pragma once
// What a cluster costs, from its price list and one run: money by pool, per million tokens, and power by phase.

#include <optional>
#include <string>
#include <vector>

#include "sim/study/plan/option.h"

namespace cleave {

struct PoolCost {
  std::string pool;
  std::string role;
  std::string hardware;
  std::uint32_t accelerators = 0;
  double price = 0;  // USD an hour, all accelerators
  double utilisation = 0;
  double watts = 0;  // mean, with the facility's share
};

struct PlanCosts {
  std::vector<PoolCost> pools;
  double accelerators_per_hour = 0;  // USD
  double power_per_hour = 0;         // USD; part of the price where the list says so
  bool power_included = true;
  double watts = 0;
  double total_per_hour = 0;              // USD
  std::optional<double> per_mtok_input;   // USD for a million prompt tokens: what prefill pools cost
  std::optional<double> per_mtok_output;  // decode pools; mixed pools by the time that each kind of token takes
  std::optional<double> per_mtok;         // all tokens together
};

/// Means over the summaries. `prompt_seconds` and `output_seconds`: what a token of each kind takes of a mixed pool's
/// replica, by pool, from the analytic bound.
[[nodiscard]] PlanCosts costs_of(const PlanOption& option, const Counts& counts, const PriceList& prices,
                                 const std::vector<std::string>& summaries, const std::vector<double>& prompt_seconds,
                                 const std::vector<double>& output_seconds);

}  // namespace cleave

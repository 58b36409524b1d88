#pragma once
// The search for the cheapest cluster, as a pure algorithm: it knows costs and counts, and asks for verdicts.
//
// A group is one choice of everything but the numbers of replicas. Within a group more replicas of any pool are taken
// never to hurt (monotone): what fails, fails with fewer of everything, too. Costs are exact before any simulation. So
// groups are visited by the cost of their smallest cluster that an analytic bound allows; in each, candidates are tried
// from the cheapest upwards, but for those that cost no less than the best that holds, and those that a failure rules
// out; before that, one corner probe for each pool finds how many of it the objectives need when nothing else is
// scarce.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/study/plan/limit.h"

namespace cleave {

using Counts = std::vector<std::uint32_t>;  // replicas by pool

struct SearchGroup {
  Counts least;  // of each pool, by the plan
  Counts most;
  Counts bound;                   // of each pool, by the analytic bound: fewer cannot hold; may exceed `most`
  std::vector<double> unit_cost;  // of a replica of each pool
  std::function<bool(const Counts&)> allowed;  // by other limits than cost
};

struct SearchCandidate {
  std::size_t group = 0;
  Counts counts;
  auto operator<=>(const SearchCandidate&) const = default;
};

struct SearchResult {
  std::optional<SearchCandidate> best;
  double best_cost = 0;
  std::size_t evaluations = 0;  // verdicts asked for
  std::size_t candidates = 0;   // in all groups, within limits
};

/// `verdict` is asked at most once for a candidate. What is open counts as not holding: it is never the answer.
/// Ties in cost go to the earlier group, then to the smaller counts.
[[nodiscard]] SearchResult search_cheapest(const std::vector<SearchGroup>& groups,
                                           const std::function<Holding(const SearchCandidate&)>& verdict);

/// Cost of counts.
[[nodiscard]] double cost_of(const SearchGroup& group, const Counts& counts);

/// All counts of a group within its limits, cheapest first; ties to the smaller counts.
[[nodiscard]] std::vector<Counts> counts_of(const SearchGroup& group);

}  // namespace cleave

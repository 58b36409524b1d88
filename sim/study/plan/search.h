#pragma once
// The search for the cheapest cluster, as a pure algorithm: it knows costs and counts, and asks for verdicts.
//
// A group is one choice of everything but the numbers of replicas. Within a group more replicas of any pool are taken
// never to hurt (monotone): what fails, fails with fewer of everything, too. What a
// cluster costs at least, its hardware and its rented storage, is known before any simulation; a simulation may add
// what it costs to run (fees, egress). So groups are visited by the least cost of their smallest cluster that an
// analytic bound allows; in each, candidates are tried from the cheapest upwards, but for those that cost no less than
// the best that holds, and those that a failure rules out; before that, one corner probe for each pool finds how many
// of it the objectives need when nothing else is scarce.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/study/plan/limit.h"

namespace cleave {

using Counts = std::vector<std::uint32_t>;  // replicas by pool

/// A bound that no number of replicas meets.
inline constexpr std::uint32_t kNoReplicas = 1'000'000'000;

struct SearchGroup {
  Counts least;  // of each pool, by the plan
  Counts most;
  Counts bound;                   // of each pool, by the analytic bound: fewer cannot hold; may exceed `most`
  std::vector<double> unit_cost;  // of a replica of each pool
  std::function<bool(const Counts&)> allowed;          // by the plan's limits; empty: all
  std::function<double(const Counts&)> standing_cost;  // beside replicas; never less with more of them; empty: none
};

struct SearchVerdict {
  Holding holding = Holding::open;
  double running_cost = 0;  // on top of what is known before, at least 0
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

/// `verdict` is asked at most once for a candidate. What is open counts as not holding: it is never the answer, and
/// neither is what costs more than `budget`, running costs included.
/// Ties in cost go to the earlier group, then to the smaller counts.
[[nodiscard]] SearchResult search_cheapest(const std::vector<SearchGroup>& groups,
                                           const std::function<SearchVerdict(const SearchCandidate&)>& verdict,
                                           std::optional<double> budget = std::nullopt);

/// What counts cost at least.
[[nodiscard]] double cost_of(const SearchGroup& group, const Counts& counts);

/// All counts of a group within its limits, cheapest first; ties to the smaller counts.
[[nodiscard]] std::vector<Counts> counts_of(const SearchGroup& group);

}  // namespace cleave

#include "sim/study/plan/rank.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace cleave {
namespace {

struct Sortable {
  int order = 0;
  PlanRank rank;
};

/// What a difference in cost rounds to nothing at.
constexpr double kSameCost = 0.0005;

std::string rate_text(const PlanCandidate& candidate) {
  if (!candidate.best_rate)
    return fmt::format("fails at {:.4g} req/s already: {}", candidate.fails_at.value_or(0),
                       candidate.evaluation.binding());
  std::string text = fmt::format("holds at {:.4g} req/s", *candidate.best_rate);
  if (candidate.fails_at) text += fmt::format(", not surely at {:.4g}", *candidate.fails_at);
  return text + "; " + candidate.evaluation.binding();
}

std::string why(const PlanParams& plan, const PlanAnswer& answer, std::size_t index) {
  const PlanCandidate& candidate = answer.evaluated[index];
  if (plan.objective == PlanObjective::highest_goodput) return rate_text(candidate);
  const bool is_best = answer.best == index;
  if (candidate.evaluation.holding == Holding::holds && !is_best && answer.best) {
    const double more = candidate.cost_per_hour / answer.evaluated[*answer.best].cost_per_hour - 1;
    if (more < kSameCost) return "costs the same; the best was found first. " + candidate.evaluation.binding();
    return fmt::format("costs {:.1f} % more", 100 * more);
  }
  return candidate.evaluation.binding();
}

Sortable simulated(const PlanParams& plan, const PlanAnswer& answer, std::size_t index) {
  const PlanCandidate& candidate = answer.evaluated[index];
  const Holding holding = candidate.evaluation.holding;
  const bool is_best = answer.best == index;
  return {is_best                     ? 0
          : holding == Holding::holds ? 1
                                      : 3,
          {text_of(answer.options[candidate.option], candidate.counts), candidate.cost_per_hour,
           is_best ? "best" : std::string(name_of(holding)), why(plan, answer, index)}};
}

/// An option that was not simulated at all.
Sortable untouched(const PlanOption& option, const Offer& offer) {
  const SearchGroup& group = offer.group();
  PlanRank rank{text_of(option), std::nullopt, "not simulated", offer.impossible()};
  if (!rank.why.empty()) return {4, rank};
  const std::vector<Counts> within = counts_of(group);
  for (const Counts& counts : within) {
    if (!std::equal(group.bound.begin(), group.bound.end(), counts.begin(), std::less_equal<>{})) continue;
    rank.what = text_of(option, counts);
    rank.cost_per_hour = cost_of(group, counts);
    rank.why = "fewer replicas cannot carry the load, and this many cost no less than the best";
    return {2, rank};
  }
  if (std::find(group.bound.begin(), group.bound.end(), kNoReplicas) != group.bound.end()) {
    rank.why = "even one request alone gets its tokens more slowly than the TPOT limit allows";
  } else if (within.empty()) {
    rank.why = "not even the smallest cluster is within the limits";
  } else {
    rank.why = fmt::format("within the limits nothing carries the load: at least {} replicas are needed",
                           fmt::join(group.bound, " and "));
  }
  return {4, rank};
}

}  // namespace

std::vector<PlanRank> rank_candidates(const PlanParams& plan, const PlanAnswer& answer,
                                      const std::deque<Offer>& offers) {
  std::vector<Sortable> rows;
  std::vector<bool> touched(offers.size());
  for (std::size_t i = 0; i < answer.evaluated.size(); ++i) {
    rows.push_back(simulated(plan, answer, i));
    touched[answer.evaluated[i].option] = true;
  }
  for (std::size_t option = 0; option < offers.size(); ++option) {
    if (!touched[option]) rows.push_back(untouched(answer.options[option], offers[option]));
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Sortable& a, const Sortable& b) {
    const double cost_a = a.rank.cost_per_hour.value_or(1e300);
    const double cost_b = b.rank.cost_per_hour.value_or(1e300);
    return std::tie(a.order, cost_a) < std::tie(b.order, cost_b);
  });
  std::vector<PlanRank> ranking;
  for (Sortable& row : rows) ranking.push_back(std::move(row.rank));
  return ranking;
}

}  // namespace cleave

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
    const double best = answer.evaluated[*answer.best].cost_per_hour;
    return fmt::format("costs {:.1f} % more", 100 * (candidate.cost_per_hour / best - 1));
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
Sortable untouched(const PlanAnswer& answer, std::size_t option, const SearchGroup& group, const Counts& bound,
                   const std::string& impossible) {
  PlanRank rank{text_of(answer.options[option]), std::nullopt, "not simulated", impossible};
  if (!impossible.empty()) return {4, rank};
  for (const Counts& counts : counts_of(group)) {
    if (!std::equal(bound.begin(), bound.end(), counts.begin(), std::less_equal<>{})) continue;
    rank.what = text_of(answer.options[option], counts);
    rank.cost_per_hour = cost_of(group, counts);
    rank.why = "fewer replicas cannot carry the load, and this many cost no less than the best";
    return {2, rank};
  }
  constexpr std::uint32_t kNone = 100'000'000;  // the bound's word for "no number of replicas"
  if (*std::max_element(bound.begin(), bound.end()) >= kNone) {
    rank.why = "even one request alone gets its tokens more slowly than the TPOT limit allows";
    return {4, rank};
  }
  rank.why = fmt::format("within the limits nothing carries the load: at least {} replicas are needed",
                         fmt::join(bound, " and "));
  return {4, rank};
}

}  // namespace

std::vector<PlanRank> rank_candidates(const PlanParams& plan, const PlanAnswer& answer,
                                      const std::vector<SearchGroup>& groups, const std::vector<Counts>& bounds,
                                      const std::vector<std::string>& impossible) {
  std::vector<Sortable> rows;
  std::vector<bool> touched(groups.size());
  for (std::size_t i = 0; i < answer.evaluated.size(); ++i) {
    rows.push_back(simulated(plan, answer, i));
    touched[answer.evaluated[i].option] = true;
  }
  for (std::size_t option = 0; option < groups.size(); ++option) {
    if (!touched[option]) rows.push_back(untouched(answer, option, groups[option], bounds[option], impossible[option]));
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

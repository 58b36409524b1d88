#include "sim/study/plan/search.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

namespace cleave {
namespace {

bool no_more_than(const Counts& a, const Counts& b) {
  return std::equal(a.begin(), a.end(), b.begin(), [](auto x, auto y) { return x <= y; });
}

/// Probing pays in a group of more candidates than this.
constexpr std::size_t kWorthProbing = 4;

class GroupSearch {
 public:
  GroupSearch(std::size_t index, const SearchGroup& group, std::function<SearchVerdict(const Counts&)> ask,
              std::optional<double> budget)
      : index_(index), group_(group), ask_(std::move(ask)), budget_(budget) {}

  /// Tries what could be cheaper than `result.best`.
  void run(SearchResult& result) {
    std::vector<Counts> open = counts_of(group_);
    drop(open, [&](const Counts& c) { return !no_more_than(group_.bound, c) || beaten(c, result); });
    if (open.size() > kWorthProbing) {
      for (std::size_t pool = 0; pool < group_.least.size() && !open.empty(); ++pool) probe(pool, open, result);
    }
    while (!open.empty()) {
      const Counts counts = open.front();
      const SearchVerdict found = verdict(counts);
      if (found.holding == Holding::holds) {
        keep(counts, cost_of(group_, counts) + found.running_cost, result);
        // One that runs more cheaply may follow, as long as it costs less to begin with.
        drop(open, [&](const Counts& c) { return c == counts || beaten(c, result); });
      } else {
        drop(open, [&](const Counts& c) { return no_more_than(c, counts); });
      }
    }
  }

 private:
  template <class Unwanted>
  static void drop(std::vector<Counts>& open, Unwanted unwanted) {
    std::erase_if(open, unwanted);
  }

  [[nodiscard]] bool beaten(const Counts& counts, const SearchResult& result) const {
    return result.best && cost_of(group_, counts) >= result.best_cost;
  }

  void keep(const Counts& counts, double cost, SearchResult& result) const {
    if ((budget_ && cost > *budget_) || (result.best && cost >= result.best_cost)) return;
    result.best = SearchCandidate{index_, counts};
    result.best_cost = cost;
  }

  SearchVerdict verdict(const Counts& counts) {
    const auto found = known_.find(counts);
    if (found != known_.end()) return found->second;
    return known_.emplace(counts, ask_(counts)).first->second;
  }

  /// The fewest replicas of one pool with which anything can hold, with as many of the other pools as any open
  /// candidate has: the smallest number first, where the analytic bound is often exact, then doubling steps, then
  /// halves.
  void probe(std::size_t pool, std::vector<Counts>& open, const SearchResult& result) {
    Counts corner = open.front();
    std::uint32_t low = open.front()[pool];
    for (const Counts& counts : open) {
      low = std::min(low, counts[pool]);
      for (std::size_t i = 0; i < corner.size(); ++i) corner[i] = std::max(corner[i], counts[i]);
    }
    const std::uint32_t high = corner[pool];
    const auto holds = [&](std::uint32_t count) {
      corner[pool] = count;
      return verdict(corner).holding == Holding::holds;
    };
    std::uint32_t enough = low;
    if (!holds(low)) {
      std::uint32_t fails = low;
      enough = high + 1;
      for (std::uint32_t step = 1; fails < high && enough > high; step *= 2) {
        const std::uint32_t next = std::min(high, fails + step);
        (holds(next) ? enough : fails) = next;
      }
      while (enough <= high && enough - fails > 1) {
        const std::uint32_t middle = fails + (enough - fails) / 2;
        (holds(middle) ? enough : fails) = middle;
      }
    }
    drop(open, [&](const Counts& c) { return c[pool] < enough || beaten(c, result); });
  }

  std::size_t index_;
  const SearchGroup& group_;
  std::function<SearchVerdict(const Counts&)> ask_;
  std::optional<double> budget_;
  std::map<Counts, SearchVerdict> known_;
};

}  // namespace

double cost_of(const SearchGroup& group, const Counts& counts) {
  const double replicas = std::inner_product(counts.begin(), counts.end(), group.unit_cost.begin(), 0.0, std::plus<>{},
                                             [](std::uint32_t n, double cost) { return n * cost; });
  return replicas + (group.standing_cost ? group.standing_cost(counts) : 0);
}

std::vector<Counts> counts_of(const SearchGroup& group) {
  std::vector<Counts> all{{}};
  for (std::size_t pool = 0; pool < group.least.size(); ++pool) {
    std::vector<Counts> longer;
    for (const Counts& counts : all) {
      for (std::uint32_t n = group.least[pool]; n <= group.most[pool]; ++n) {
        longer.push_back(counts);
        longer.back().push_back(n);
      }
    }
    all = std::move(longer);
  }
  std::erase_if(all, [&](const Counts& counts) { return group.allowed && !group.allowed(counts); });
  std::stable_sort(all.begin(), all.end(),
                   [&](const Counts& a, const Counts& b) { return cost_of(group, a) < cost_of(group, b); });
  return all;
}

SearchResult search_cheapest(const std::vector<SearchGroup>& groups,
                             const std::function<SearchVerdict(const SearchCandidate&)>& verdict,
                             std::optional<double> budget) {
  SearchResult result;
  std::vector<std::pair<double, std::size_t>> order;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const auto counts = counts_of(groups[g]);
    result.candidates += counts.size();
    for (const Counts& c : counts) {
      if (!no_more_than(groups[g].bound, c)) continue;
      order.emplace_back(cost_of(groups[g], c), g);
      break;
    }
  }
  std::stable_sort(order.begin(), order.end());
  for (const auto& [least_cost, g] : order) {
    if (result.best && least_cost >= result.best_cost) continue;
    const auto ask = [&, group = g](const Counts& counts) {
      ++result.evaluations;
      return verdict({group, counts});
    };
    GroupSearch(g, groups[g], ask, budget).run(result);
  }
  return result;
}

}  // namespace cleave

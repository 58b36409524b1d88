// The search for the cheapest cluster, against trying everything.

#include "sim/study/plan/search.h"

#include <catch2/catch.hpp>
#include <set>

#include "sim/core/rng.h"

namespace cleave {
namespace {

/// A made-up truth that more replicas never make worse: each pool needs some, and all together some more.
struct Truth {
  std::vector<Counts> needed;      // by group
  std::vector<std::uint32_t> sum;  // of all replicas, by group

  [[nodiscard]] Holding operator()(const SearchCandidate& c) const {
    std::uint32_t total = 0;
    for (std::size_t i = 0; i < c.counts.size(); ++i) {
      if (c.counts[i] < needed[c.group][i]) return Holding::fails;
      total += c.counts[i];
    }
    return total >= sum[c.group] ? Holding::holds : Holding::fails;
  }
};

struct Problem {
  std::vector<SearchGroup> groups;
  Truth truth;
};

Problem draw(Rng& rng) {
  Problem problem;
  for (int g = 0; g < 6; ++g) {
    SearchGroup group;
    Counts needed;
    const std::size_t pools = 1 + uniform_below(rng, 2);
    for (std::size_t p = 0; p < pools; ++p) {
      group.least.push_back(1);
      group.most.push_back(10);
      needed.push_back(static_cast<std::uint32_t>(1 + uniform_below(rng, 9)));
      // The bound knows part of what is needed.
      group.bound.push_back(std::max<std::uint32_t>(1, needed.back() * 8 / 10));
      group.unit_cost.push_back(1 + 4 * uniform01(rng));
    }
    problem.truth.needed.push_back(needed);
    problem.truth.sum.push_back(static_cast<std::uint32_t>(uniform_below(rng, 14)));
    problem.groups.push_back(std::move(group));
  }
  return problem;
}

TEST_CASE("the search finds what trying everything finds, with at most a fifth of the verdicts") {
  Rng rng = RngBook{11}.stream("problems");
  std::size_t asked = 0;
  std::size_t all = 0;
  for (int i = 0; i < 200; ++i) {
    const Problem problem = draw(rng);
    std::optional<double> best;
    for (std::size_t g = 0; g < problem.groups.size(); ++g) {
      for (const Counts& counts : counts_of(problem.groups[g])) {
        ++all;
        if (problem.truth({g, counts}) != Holding::holds) continue;
        const double cost = cost_of(problem.groups[g], counts);
        if (!best || cost < *best) best = cost;
      }
    }
    std::set<SearchCandidate> seen;
    const SearchResult found = search_cheapest(problem.groups, [&](const SearchCandidate& c) {
      CHECK(seen.insert(c).second);  // no candidate twice
      return SearchVerdict{problem.truth(c)};
    });
    asked += found.evaluations;
    REQUIRE(found.best.has_value() == best.has_value());
    if (best) CHECK(found.best_cost == Approx(*best));
  }
  CHECK(5 * asked <= all);
}

/// What a cluster costs to run, whatever it holds: drawn once for each candidate.
double running_cost(const SearchCandidate& c) {
  std::uint64_t seed = c.group;
  for (const std::uint32_t n : c.counts) seed = seed * 31 + n;
  Rng rng = RngBook{seed}.stream("fees");
  return 3 * uniform01(rng);
}

TEST_CASE("storage that is rented and fees that only a run shows count: still what trying everything finds") {
  Rng rng = RngBook{12}.stream("problems");
  for (int i = 0; i < 200; ++i) {
    Problem problem = draw(rng);
    for (SearchGroup& group : problem.groups) {
      // One instance for each two replicas of the first pool, as of a tier that nodes share.
      group.standing_cost = [rent = 2 * uniform01(rng)](const Counts& c) { return rent * ((c[0] + 1) / 2); };
    }
    const double budget = 12;
    std::optional<double> best;
    for (std::size_t g = 0; g < problem.groups.size(); ++g) {
      for (const Counts& counts : counts_of(problem.groups[g])) {
        if (problem.truth({g, counts}) != Holding::holds) continue;
        const double cost = cost_of(problem.groups[g], counts) + running_cost({g, counts});
        if (cost <= budget && (!best || cost < *best)) best = cost;
      }
    }
    const SearchResult found = search_cheapest(
        problem.groups,
        [&](const SearchCandidate& c) {
          return SearchVerdict{problem.truth(c), running_cost(c)};
        },
        budget);
    REQUIRE(found.best.has_value() == best.has_value());
    if (best) CHECK(found.best_cost == Approx(*best));
  }
}

TEST_CASE("nothing is found where nothing holds, and what is open is never the answer") {
  SearchGroup group{{1, 1}, {4, 4}, {1, 1}, {1.0, 2.0}, {}, {}};
  CHECK(!search_cheapest({group}, [](const SearchCandidate&) { return SearchVerdict{Holding::fails}; }).best);
  CHECK(!search_cheapest({group}, [](const SearchCandidate&) { return SearchVerdict{Holding::open}; }).best);
  CHECK(!search_cheapest({}, [](const SearchCandidate&) { return SearchVerdict{Holding::holds}; }).best);
}

TEST_CASE("limits and the bound keep candidates from being simulated") {
  SearchGroup group{{1, 1}, {4, 4}, {2, 1}, {1.0, 1.0}, [](const Counts& c) { return c[0] + c[1] <= 5; }, {}};
  const SearchResult found = search_cheapest({group}, [](const SearchCandidate& c) {
    CHECK(c.counts[0] >= 2);
    return SearchVerdict{c.counts[1] >= 2 ? Holding::holds : Holding::fails};
  });
  REQUIRE(found.best);
  CHECK(found.best->counts == Counts{2, 2});
  CHECK(found.candidates == 10);
}

TEST_CASE("a limit holds, fails or stays open by the interval of the mean over the seeds") {
  CHECK(check_limit("m", 10, true, {8.0, 8.1, 7.9}, 0.05).holding == Holding::holds);
  CHECK(check_limit("m", 10, true, {11.0, 11.1, 10.9}, 0.05).holding == Holding::fails);
  CHECK(check_limit("m", 10, true, {8.0, 12.0, 9.5}, 0.05).holding == Holding::open);
  CHECK(check_limit("m", 0.99, false, {0.999, 0.998, 0.997}, 0.05).holding == Holding::holds);
  CHECK(check_limit("m", 0.99, false, {0.9, 0.91, 0.9}, 0.05).holding == Holding::fails);
  CHECK(check_limit("m", 10, true, {9.0}, 0.05).holding == Holding::open);    // one seed tells nothing,
  CHECK(check_limit("m", 10, true, {30.0}, 0.05).holding == Holding::fails);  // unless it is far off
  CHECK(check_limit("m", 10, true, {}, 0.05).holding == Holding::open);
}

}  // namespace
}  // namespace cleave

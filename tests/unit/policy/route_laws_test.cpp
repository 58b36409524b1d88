// Laws that hold for every routing policy in the table; a new row is tested here before it has a test of its own.

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>
#include <set>
#include <string>

#include "sim/policy/registry.h"
#include "tests/unit/policy/views.h"

namespace cleave {
namespace {

constexpr std::uint64_t kSeed = 20;

std::unique_ptr<RoutePolicy> make(const RoutePolicyEntry& entry) {
  RoutePolicyParams params;
  params.name = entry.name;
  return make_route_policy(params, Rng{kSeed, 1});
}

/// A view drawn at random: some of ten replicas, loads up to `max_load`, some with cached prefixes.
struct DrawnView {
  std::vector<ReplicaView> replicas;
  FakePrefixes prefixes;

  DrawnView(Rng& rng, std::uint64_t max_load) {
    for (std::uint32_t id = 0; id < 10; ++id) {
      if (uniform_below(rng, 4) == 0) continue;
      const auto draw = [&] { return static_cast<std::int64_t>(uniform_below(rng, max_load + 1)); };
      replicas.push_back(replica(id, draw(), draw(), 100 * draw()));
      if (uniform_below(rng, 3) == 0) prefixes.tokens[ReplicaId{id}] = Tokens{16 * draw()};
    }
    if (replicas.empty()) replicas.push_back(replica(3));
  }
};

bool contains(const std::vector<ReplicaView>& replicas, ReplicaId id) {
  return std::any_of(replicas.begin(), replicas.end(), [id](const ReplicaView& view) { return view.id == id; });
}

/// A toy cluster that serves ten requests at a time, whose next departure is any of them with equal chance.
/// Returns the mean load of the least loaded replica, the next, ..., the most loaded: names do not matter to it.
std::vector<double> mean_sorted_loads(RoutePolicy& policy, std::vector<std::int64_t> loads, std::uint32_t requests) {
  const FakePrefixes prefixes;
  Rng departures{kSeed, 5};
  std::vector<double> sums(loads.size());
  for (std::uint32_t n = 0; n < requests; ++n) {
    std::vector<ReplicaView> replicas;
    for (std::uint32_t id = 0; id < loads.size(); ++id) replicas.push_back(replica(id, loads[id], 0, loads[id]));
    ++loads[ask(policy, request(n, n), replicas, prefixes).replica.index()];

    std::vector<std::size_t> by_load(loads.size());
    std::iota(by_load.begin(), by_load.end(), std::size_t{0});
    std::stable_sort(by_load.begin(), by_load.end(), [&](auto a, auto b) { return loads[a] < loads[b]; });
    for (std::size_t place = 0; place < by_load.size(); ++place) {
      sums[place] += static_cast<double>(loads[by_load[place]]) / requests;
    }
    auto leaves = static_cast<std::int64_t>(
        uniform_below(departures, static_cast<std::uint64_t>(std::accumulate(loads.begin(), loads.end(), 0L))));
    for (const std::size_t id : by_load) {
      if (leaves < loads[id]) {
        --loads[id];
        break;
      }
      leaves -= loads[id];
    }
  }
  return sums;
}

TEST_CASE("every routing policy chooses one of the candidates, whatever their loads and however they come and go") {
  for (const RoutePolicyEntry& entry : route_policies()) {
    const auto policy = make(entry);
    Rng draws{kSeed, 2};
    for (std::uint32_t n = 0; n < 2000; ++n) {
      const DrawnView view{draws, 50};
      const TimePoint now = kStartOfTime + std::chrono::seconds{n};
      const auto decision = ask(*policy, request(n, n % 37), view.replicas, view.prefixes, now);
      INFO(entry.name << ", draw " << n);
      REQUIRE(contains(view.replicas, decision.replica));
      REQUIRE_FALSE(decision.reason.empty());
    }
  }
}

TEST_CASE("every routing policy repeats its choices from the same seed and views") {
  for (const RoutePolicyEntry& entry : route_policies()) {
    const auto first = make(entry);
    const auto second = make(entry);
    Rng draws{kSeed, 3};
    for (std::uint32_t n = 0; n < 500; ++n) {
      const DrawnView view{draws, 5};
      INFO(entry.name << ", draw " << n);
      REQUIRE(ask(*first, request(n, n % 9), view.replicas, view.prefixes).replica ==
              ask(*second, request(n, n % 9), view.replicas, view.prefixes).replica);
    }
  }
}

TEST_CASE("every routing policy that does not draw gives a first request among equals to the lowest id") {
  for (const RoutePolicyEntry& entry : route_policies()) {
    if (entry.draws) continue;
    const std::vector<ReplicaView> equals{replica(2, 4, 3, 100), replica(5, 4, 3, 100), replica(9, 4, 3, 100)};
    INFO(entry.name);
    CHECK(ask(*make(entry), request(0), equals, FakePrefixes{}).replica == ReplicaId{2});
  }
}

TEST_CASE("every routing policy that draws reaches every one of equal candidates") {
  for (const RoutePolicyEntry& entry : route_policies()) {
    if (!entry.draws) continue;
    const auto policy = make(entry);
    const auto equals = idle_replicas(5);
    std::set<ReplicaId> reached;
    // power_of_two gives ties to the lowest of two: the highest id wins none, and equal load is the exception there.
    for (std::uint32_t n = 0; n < 500; ++n) reached.insert(ask(*policy, request(n, n), equals, FakePrefixes{}).replica);
    INFO(entry.name);
    CHECK(reached.size() >= 4);
  }
}

TEST_CASE("every routing policy still decides when every candidate is overloaded") {
  constexpr std::int64_t kHuge = 1'000'000'000;
  for (const RoutePolicyEntry& entry : route_policies()) {
    const auto policy = make(entry);
    std::vector<ReplicaView> full{replica(0, kHuge, kHuge, kHuge * kHuge), replica(1, kHuge, kHuge, kHuge * kHuge)};
    for (ReplicaView& view : full) view.load.value.kv_usage = 1.0;
    for (std::uint32_t n = 0; n < 100; ++n) {
      INFO(entry.name << ", request " << n);
      REQUIRE(contains(full, ask(*policy, request(n, n), full, FakePrefixes{}).replica));
    }
  }
}

TEST_CASE("every routing policy that reads load leaves an overloaded replica alone while another is idle") {
  for (const std::string_view name : {"least_loaded", "longest_prefix", "session_affinity"}) {
    RoutePolicyParams params;
    params.name = name;
    const auto policy = make_route_policy(params, Rng{kSeed, 1});
    const std::vector<ReplicaView> replicas{replica(0, 1000, 1000, 1'000'000), replica(1)};
    INFO(name);
    for (std::uint32_t n = 0; n < 20; ++n) {
      CHECK(ask(*policy, request(n, n), replicas, FakePrefixes{}).replica == ReplicaId{1});
    }
  }
}

TEST_CASE("permuting the replicas of a symmetric pool changes no policy's distribution of loads") {
  constexpr std::uint32_t kRequests = 20'000;
  const std::vector<std::int64_t> loads{0, 4, 1, 3, 2};
  std::vector<std::int64_t> permuted = loads;
  std::rotate(permuted.begin(), permuted.begin() + 2, permuted.end());
  for (const RoutePolicyEntry& entry : route_policies()) {
    const auto expected = mean_sorted_loads(*make(entry), loads, kRequests);
    const auto seen = mean_sorted_loads(*make(entry), permuted, kRequests);
    for (std::size_t place = 0; place < expected.size(); ++place) {
      INFO(entry.name << ", place " << place);
      CHECK(seen[place] == Approx(expected[place]).epsilon(0.05).margin(0.05));
    }
  }
}

TEST_CASE("a policy that reads only loads follows them to another replica") {
  Rng draws{kSeed, 4};
  RoutePolicyParams params;
  params.name = "least_loaded";
  const auto policy = make_route_policy(params, Rng{kSeed, 1});
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<std::int64_t> loads(6);
    std::iota(loads.begin(), loads.end(), 0);
    for (std::size_t i = 5; i > 0; --i) std::swap(loads[i], loads[uniform_below(draws, i + 1)]);
    std::vector<ReplicaView> replicas;
    for (std::uint32_t id = 0; id < 6; ++id) replicas.push_back(replica(id, loads[id]));
    const auto chosen = ask(*policy, request(0), replicas, FakePrefixes{}).replica;
    INFO("trial " << trial);
    REQUIRE(loads[chosen.index()] == 0);
  }
}

}  // namespace
}  // namespace cleave

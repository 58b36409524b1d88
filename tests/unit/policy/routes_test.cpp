// What is particular to each routing policy, and the table itself.

#include <array>
#include <catch2/catch.hpp>
#include <map>

#include "models/units/error.h"
#include "sim/policy/registry.h"
#include "tests/unit/policy/views.h"

namespace cleave {
namespace {

using namespace std::chrono_literals;

std::unique_ptr<RoutePolicy> make(RoutePolicyParams params) {
  return make_route_policy(params, Rng{1, 1});
}

TEST_CASE("kv_cost weighs what is to be computed against what is being decoded, as in Dynamo's worked example") {
  // Ten blocks of prompt; 2, 5 and 8 of them cached; 10, 5 and 9 blocks being decoded: costs 18, 10 and 11.
  std::vector<ReplicaView> replicas = idle_replicas(3);
  FakePrefixes prefixes;
  const std::array<std::int64_t, 3> cached{2, 5, 8};
  const std::array<std::int64_t, 3> decoding{10, 5, 9};
  for (std::uint32_t id = 0; id < 3; ++id) {
    replicas[id].load.value.kv_blocks = decoding[id];
    prefixes.tokens[ReplicaId{id}] = Tokens{16 * cached[id]};
  }
  const auto policy = make({.name = "kv_cost"});
  const RouteDecision decision = ask(*policy, request(0, 0, 160), replicas, prefixes);
  CHECK(decision.replica == ReplicaId{1});
  CHECK(decision.score == 10.0);
  for (std::uint32_t id = 0; id < 3; ++id) {
    const RouteDecision alone = ask(*policy, request(0, 0, 160), std::span{replicas}.subspan(id, 1), prefixes);
    CHECK(alone.score == std::array{18.0, 10.0, 11.0}[id]);
  }
}

// Source: llm-d: precise-prefix scaled between pods, queue (max - q) / (max - min), 1 - KV usage; weights 2, 1, 1.
TEST_CASE("scores add up prefix, queue and free memory, each scaled, with llm-d's weights") {
  std::vector<ReplicaView> replicas{replica(0, 0), replica(1, 4), replica(2, 10)};
  replicas[0].load.value.kv_usage = 0.9;
  replicas[1].load.value.kv_usage = 0.5;
  replicas[2].load.value.kv_usage = 0.2;
  FakePrefixes prefixes;
  prefixes.tokens[ReplicaId{1}] = Tokens{320};
  prefixes.tokens[ReplicaId{2}] = Tokens{640};
  const auto policy = make({.name = "scores"});
  const RouteDecision decision = ask(*policy, request(0), replicas, prefixes);
  // 0: 0 + 1 + 0.1 = 1.1; 1: 2 * 0.5 + 0.6 + 0.5 = 2.1; 2: 2 * 1 + 0 + 0.8 = 2.8.
  CHECK(decision.replica == ReplicaId{2});
  CHECK(*decision.score == Approx(2.8));
  const auto blind = make({.name = "scores", .scores = {0, 1, 0}});
  CHECK(ask(*blind, request(0), replicas, prefixes).replica == ReplicaId{0});
  CHECK(*ask(*blind, request(0), idle_replicas(2), prefixes).score == 1.0);  // all queues equal: each scores 1
}

TEST_CASE("data_parallel counts waiting requests four times, and those it sent since the last report") {
  std::vector<ReplicaView> replicas{replica(0, 1, 2), replica(1, 0, 5)};  // 6 and 5
  for (ReplicaView& view : replicas) view.load.as_of = TimePoint{1ms};
  const auto policy = make({.name = "data_parallel"});
  const FakePrefixes none;
  CHECK(ask(*policy, request(0), replicas, none, TimePoint{3ms}).replica == ReplicaId{1});
  // The report is older than this moment, so what was sent is added: 4 * 1 + 5 = 9 against 6, then 10 against 9.
  CHECK(ask(*policy, request(1), replicas, none, TimePoint{3ms}).replica == ReplicaId{0});
  CHECK(ask(*policy, request(2), replicas, none, TimePoint{3ms}).replica == ReplicaId{1});
  replicas[1].load.as_of = TimePoint{2ms};  // a new report has counted them
  CHECK(ask(*policy, request(3), replicas, none, TimePoint{3ms}).score == 5.0);
}

TEST_CASE("round robin takes candidates in turn and skips those that are gone") {
  const auto policy = make({.name = "round_robin"});
  const FakePrefixes none;
  const auto all = idle_replicas(3);
  const std::vector<ReplicaView> without_1{replica(0), replica(2)};
  CHECK(ask(*policy, request(0), all, none).replica == ReplicaId{0});
  CHECK(ask(*policy, request(1), without_1, none).replica == ReplicaId{2});
  CHECK(ask(*policy, request(2), all, none).replica == ReplicaId{0});
  CHECK(ask(*policy, request(3), all, none).replica == ReplicaId{1});
  CHECK(ask(*policy, request(4), all, none).replica == ReplicaId{2});
}

TEST_CASE("random gives each of four candidates a quarter of the requests") {
  const auto policy = make({.name = "random"});
  const auto all = idle_replicas(4);
  std::map<ReplicaId, int> counts;
  for (std::uint32_t n = 0; n < 40'000; ++n) ++counts[ask(*policy, request(n), all, FakePrefixes{}).replica];
  // Binomial(40 000, 1/4): deviation 87; five deviations.
  for (const auto& [id, count] : counts) CHECK(std::abs(count - 10'000) < 435);
  CHECK(counts.size() == 4);
}

TEST_CASE("least loaded counts waiting and running requests, then pending tokens, then KV in use") {
  const auto policy = make({.name = "least_loaded"});
  const FakePrefixes none;
  const std::vector<ReplicaView> by_requests{replica(0, 3, 3), replica(1, 0, 5), replica(2, 5, 1)};
  CHECK(ask(*policy, request(0), by_requests, none).replica == ReplicaId{1});
  const std::vector<ReplicaView> by_tokens{replica(0, 2, 0, 900), replica(1, 0, 2, 800)};
  CHECK(ask(*policy, request(1), by_tokens, none).replica == ReplicaId{1});
  std::vector<ReplicaView> by_kv{replica(0, 1), replica(1, 1)};
  by_kv[0].load.value.kv_usage = 0.5;
  CHECK(ask(*policy, request(2), by_kv, none).replica == ReplicaId{1});
}

TEST_CASE("power of two with as many choices as candidates finds the least loaded every time") {
  const auto policy = make({.name = "power_of_two", .choices = 3});
  const std::vector<ReplicaView> replicas{replica(0, 9), replica(1, 2), replica(2, 5)};
  for (std::uint32_t n = 0; n < 100; ++n) {
    REQUIRE(ask(*policy, request(n), replicas, FakePrefixes{}).replica == ReplicaId{1});
  }
}

TEST_CASE("power of two never chooses the most loaded of several, and the least loaded as often as it is drawn") {
  const auto policy = make({.name = "power_of_two"});
  const std::vector<ReplicaView> replicas{replica(0, 9), replica(1, 2), replica(2, 5), replica(3, 7)};
  std::map<ReplicaId, int> counts;
  for (std::uint32_t n = 0; n < 12'000; ++n) ++counts[ask(*policy, request(n), replicas, FakePrefixes{}).replica];
  CHECK(counts.count(ReplicaId{0}) == 0);
  // Two of four without replacement: the least loaded is drawn with chance 1/2, the next wins with 1/3.
  CHECK(std::abs(counts[ReplicaId{1}] - 6000) < 275);
  CHECK(std::abs(counts[ReplicaId{2}] - 4000) < 260);
}

TEST_CASE("longest prefix follows the cache until queued tokens outweigh it") {
  const auto policy = make({.name = "longest_prefix"});
  FakePrefixes prefixes;
  prefixes.tokens[ReplicaId{1}] = Tokens{800};
  const std::vector<ReplicaView> calm{replica(0), replica(1, 4, 4, 799)};
  CHECK(ask(*policy, request(0), calm, prefixes).replica == ReplicaId{1});
  const std::vector<ReplicaView> busy{replica(0), replica(1, 4, 4, 801)};
  CHECK(ask(*policy, request(1), busy, prefixes).replica == ReplicaId{0});
  const auto loyal = make({.name = "longest_prefix", .prefix_weight = 2.0});
  CHECK(ask(*loyal, request(1), busy, prefixes).replica == ReplicaId{1});
}

TEST_CASE("longest prefix follows no prefix that everybody shares, and spreads what is equal over idle replicas") {
  FakePrefixes prefixes;
  prefixes.tokens[ReplicaId{1}] = Tokens{512};  // the common head, cached there first
  const auto follows = make({.name = "longest_prefix"});
  const auto spreads = make({.name = "longest_prefix", .common_prefix = Tokens{512}});
  for (std::uint32_t n = 0; n < 6; ++n) {
    CHECK(ask(*follows, request(n), idle_replicas(3), prefixes).replica == ReplicaId{1});
    CHECK(ask(*spreads, request(n), idle_replicas(3), prefixes).replica == ReplicaId{n % 3});
  }
  prefixes.tokens[ReplicaId{2}] = Tokens{513};
  CHECK(ask(*spreads, request(9), idle_replicas(3), prefixes).replica == ReplicaId{2});
}

TEST_CASE("session affinity returns to the same replica until the session was idle too long") {
  const auto policy = make({.name = "session_affinity", .affinity_ttl = 60s});
  const FakePrefixes none;
  const auto at = [&](Duration now, std::uint32_t session, const std::vector<ReplicaView>& replicas) {
    return ask(*policy, request(0, session), replicas, none, kStartOfTime + now).replica;
  };
  const std::vector<ReplicaView> first_idle{replica(0), replica(1, 5)};
  const std::vector<ReplicaView> second_idle{replica(0, 5), replica(1)};
  CHECK(at(0s, 7, first_idle) == ReplicaId{0});
  CHECK(at(50s, 7, second_idle) == ReplicaId{0});   // seen 50 s ago
  CHECK(at(110s, 7, second_idle) == ReplicaId{0});  // seen 60 s ago
  CHECK(at(110s, 8, second_idle) == ReplicaId{1});
  CHECK(at(171s, 7, second_idle) == ReplicaId{1});  // seen 61 s ago: forgotten
}

TEST_CASE("session affinity moves a session whose replica is gone, and keeps it there") {
  const auto policy = make({.name = "session_affinity"});
  const FakePrefixes none;
  const auto all = idle_replicas(3);
  const std::vector<ReplicaView> without_0{replica(1), replica(2)};
  CHECK(ask(*policy, request(0, 7), all, none).replica == ReplicaId{0});
  CHECK(ask(*policy, request(1, 7), without_0, none).replica == ReplicaId{1});
  CHECK(ask(*policy, request(2, 7), all, none).replica == ReplicaId{1});
}

TEST_CASE("an unknown routing policy is refused with the names that exist") {
  CHECK_THROWS_WITH(make({.name = "least_loadde"}), Catch::Contains("least_loadde") &&
                                                        Catch::Contains("least_loaded") &&
                                                        Catch::Contains("round_robin"));
}

TEST_CASE("parameters that make no sense are refused") {
  CHECK_THROWS_AS(make({.name = "power_of_two", .choices = 0}), ConfigError);
  CHECK_THROWS_AS(make({.name = "longest_prefix", .prefix_weight = -1.0}), ConfigError);
  CHECK_THROWS_AS(make({.name = "session_affinity", .affinity_ttl = 0s}), ConfigError);
}

TEST_CASE("every row of the tables has a name and a line of help") {
  for (const RoutePolicyEntry& entry : route_policies()) {
    CHECK_FALSE(entry.name.empty());
    CHECK_FALSE(entry.help.empty());
  }
  for (const AdmissionPolicyEntry& entry : admission_policies()) {
    CHECK_FALSE(entry.name.empty());
    CHECK_FALSE(entry.help.empty());
  }
}

}  // namespace
}  // namespace cleave

// Which region serves a prompt, and how its prefix gets there.

#include <catch2/catch.hpp>

#include "sim/policy/registry.h"
#include "sim/policy/ship_or_compute.h"
#include "tests/unit/policy/views.h"

namespace cleave {
namespace {

using namespace std::chrono_literals;

constexpr RegionId kHome{0};
constexpr RegionId kAway{1};

std::unique_ptr<RoutePolicy> make(std::string name) {
  return make_route_policy({.name = std::move(name)}, Rng{1, 1});
}

/// Replicas 0 and 1 at home, 2 and 3 away.
std::vector<ReplicaView> two_regions() {
  std::vector<ReplicaView> replicas = idle_replicas(4);
  replicas[2].region = replicas[3].region = kAway;
  return replicas;
}

RequestView from_home(std::int64_t input) {
  RequestView view = request(0, 0, input);
  view.home = view.kv_at = kHome;
  return view;
}

TEST_CASE("a sticky region never leaves home while it has a candidate, and then goes to the nearest") {
  const auto policy = make("sticky_region");
  FakePrefixes prefixes;
  prefixes.tokens[ReplicaId{2}] = Tokens{100'000};
  std::vector<ReplicaView> replicas = two_regions();
  replicas[0].load.value.pending_tokens = replicas[1].load.value.pending_tokens = Tokens{1'000'000};
  CHECK(ask(*policy, from_home(1000), replicas, prefixes).replica == ReplicaId{0});
  prefixes.tokens[ReplicaId{1}] = Tokens{16};  // the longest prefix within home
  CHECK(ask(*policy, from_home(1000), replicas, prefixes).replica == ReplicaId{1});
  CHECK(ask(*policy, from_home(1000), std::span{replicas}.subspan(2), prefixes).replica == ReplicaId{2});
}

TEST_CASE("who decodes stays in the region where the prompt was computed") {
  const auto policy = make("kv_region");
  RequestView request = from_home(1000);
  std::vector<ReplicaView> replicas = two_regions();
  replicas[2].load.value.running = 9;
  CHECK(ask(*policy, request, replicas, FakePrefixes{}).replica == ReplicaId{0});
  request.kv_at = kAway;
  CHECK(ask(*policy, request, replicas, FakePrefixes{}).replica == ReplicaId{3});
}

/// A prefix of 80 000 tokens lies on replica 2, away; a prompt of 100 000 comes from home, 80 ms away.
struct Decision {
  FakeEstimates estimates;
  FakePrefixes prefixes;
  std::vector<ReplicaView> replicas = two_regions();

  Decision() { prefixes.tokens[ReplicaId{2}] = Tokens{80'000}; }
  [[nodiscard]] RouteDecision made() const {
    return ask(*make("prefix_federated"), from_home(100'000), replicas, prefixes, kStartOfTime, estimates);
  }
};

TEST_CASE("with links slower than accelerators the request goes to its KV") {
  Decision decision;
  decision.estimates.compute_token = 10us;  // 1 s; behind the prefix 0.2 s
  decision.estimates.shipped_token = 20us;  // 1.6 s
  const RouteDecision made = decision.made();
  CHECK(made.replica == ReplicaId{2});
  CHECK(made.reason == "ships the request");
  CHECK_FALSE(made.fetch.has_value());
  CHECK(*made.score == Approx(0.080 + 0.2));
}

TEST_CASE("with links faster than accelerators the KV comes to the request") {
  Decision decision;
  decision.estimates.compute_token = 10us;
  decision.estimates.shipped_token = 100ns;  // 8 ms, much less than the way there and back
  const RouteDecision made = decision.made();
  CHECK(made.replica == ReplicaId{0});
  CHECK(made.reason == "ships the KV");
  CHECK(made.fetch == PrefixFetch{ReplicaId{2}, Tokens{80'000}});
  CHECK(*made.score == Approx(0.008 + 0.2));
}

TEST_CASE("with accelerators faster than both, it is computed at home") {
  Decision decision;
  decision.estimates.compute_token = 100ns;  // 10 ms in all
  decision.estimates.shipped_token = 1us;
  const RouteDecision made = decision.made();
  CHECK(made.replica == ReplicaId{0});
  CHECK(made.reason == "computes at home");
  CHECK_FALSE(made.fetch.has_value());
  CHECK(*made.score == Approx(0.010));
}

TEST_CASE("queues weigh on the decision: KV ships while the request would wait, and a long queue sends it away") {
  Decision decision;
  decision.estimates.compute_token = 10us;
  decision.estimates.queued_token = 10us;
  decision.estimates.shipped_token = 2us;  // 0.16 s
  // At home 15 000 tokens wait, 0.15 s: shipping hides all but the queue.
  decision.replicas[0].load.value.pending_tokens = decision.replicas[1].load.value.pending_tokens = Tokens{15'000};
  decision.replicas[2].load.value.pending_tokens = Tokens{15'000};
  CHECK(decision.made().reason == "ships the KV");
  CHECK(*decision.made().score == Approx(0.160 + 0.2));
  // 40 000 wait at home, nobody away.
  decision.replicas[0].load.value.pending_tokens = decision.replicas[1].load.value.pending_tokens = Tokens{40'000};
  decision.replicas[2].load.value.pending_tokens = Tokens{0};
  CHECK(decision.made().reason == "ships the request");
}

TEST_CASE("nothing is shipped between replicas that name their blocks differently") {
  Decision decision;
  decision.estimates.compute_token = 1us;
  decision.estimates.shipped_token = 1ns;
  decision.estimates.same_names = false;
  decision.estimates.distance = 1s;
  CHECK(decision.made().reason == "computes at home");
}

TEST_CASE("a burst to another region does not pile up on one replica between two of its reports") {
  Decision decision;
  decision.prefixes.tokens.clear();
  decision.estimates.compute_token = decision.estimates.queued_token = 10us;
  decision.estimates.distance = 10ms;
  decision.replicas[0].load.value.pending_tokens = decision.replicas[1].load.value.pending_tokens = Tokens{10'000'000};
  const auto policy = make("prefix_federated");
  std::array<int, 4> chosen{};
  for (std::uint32_t n = 0; n < 10; ++n) {
    // Reports stay as of the start of time, while a second passes.
    const TimePoint now = kStartOfTime + std::chrono::milliseconds{100 * (n + 1)};
    for (std::size_t r : {0, 1}) decision.replicas[r].load.as_of = now;
    ++chosen[ask(*policy, from_home(1000), decision.replicas, decision.prefixes, now, decision.estimates)
                 .replica.index()];
  }
  CHECK(chosen == std::array<int, 4>{0, 0, 5, 5});
}

}  // namespace
}  // namespace cleave

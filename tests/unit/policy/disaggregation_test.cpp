// Whether a prompt is computed apart from where it is decoded.

#include <catch2/catch.hpp>

#include "models/units/error.h"
#include "sim/policy/registry.h"
#include "tests/unit/policy/views.h"

namespace cleave {
namespace {

using namespace std::chrono_literals;

constexpr RegionId kHere{0};
constexpr RegionId kThere{1};

/// Replica 0 decodes and can compute; replicas 1 and 2 compute, in another region.
struct Sides {
  std::vector<ReplicaView> local{replica(0)};
  std::vector<ReplicaView> remote{replica(1), replica(2)};
  FakePrefixes prefixes;
  FakeEstimates estimates;
  TimePoint now = kStartOfTime;

  Sides() {
    for (ReplicaView& view : remote) view.region = kThere;
  }
  DisaggregationDecision ask(DisaggregationPolicy& policy, std::int64_t input) const {
    const ClusterView here{now, local, prefixes, &estimates};
    const ClusterView there{now, remote, prefixes, &estimates};
    RequestView asking = request(0, 0, input);
    asking.home = kHere;
    return policy.decide(asking, {here, there});
  }
  bool remote_for(DisaggregationPolicy& policy, std::int64_t input) const { return ask(policy, input).remote; }
};

std::unique_ptr<DisaggregationPolicy> make(DisaggregationParams params) {
  return make_disaggregation_policy(params);
}

// Source: Dynamo, docs/architecture/disagg_serving.md: prefill remotely if and only if the length without the prefix
// hit exceeds max_local_prefill_length and the prefill queue is shorter than max_prefill_queue_size.
TEST_CASE("Dynamo computes apart what is long without its cached prefix, while few prompts wait") {
  const auto policy = make({.name = "dynamo", .max_local_prefill_length = Tokens{1000}, .max_prefill_queue_size = 2});
  Sides sides;
  CHECK_FALSE(sides.remote_for(*policy, 1000));
  CHECK(sides.remote_for(*policy, 1001));
  sides.prefixes.tokens[ReplicaId{0}] = Tokens{16};
  CHECK_FALSE(sides.remote_for(*policy, 1016));
  CHECK(sides.remote_for(*policy, 1017));
  sides.prefixes.tokens[ReplicaId{1}] = Tokens{1008};  // what prefill replicas have does not count
  CHECK(sides.remote_for(*policy, 1017));
  sides.remote[0].load.value.waiting = 1;
  CHECK(sides.remote_for(*policy, 1017));
  sides.remote[1].load.value.waiting = 1;  // two wait in all
  CHECK_FALSE(sides.remote_for(*policy, 1017));
}

// Source: llm-d inference scheduler, docs/disaggregation.md: after the decode pod is chosen, disaggregate if and only
// if the uncached suffix exceeds nonCachedTokens; 0 disables it.
TEST_CASE("llm-d computes apart what has more uncached tokens than it is told, and nothing if told zero") {
  const auto policy = make({.name = "llm-d", .non_cached_tokens = Tokens{8}});
  Sides sides;
  sides.prefixes.tokens[ReplicaId{0}] = Tokens{992};
  CHECK_FALSE(sides.remote_for(*policy, 1000));
  CHECK(sides.remote_for(*policy, 1001));
  sides.remote[0].load.value.waiting = 1'000'000;  // it does not look at queues
  CHECK(sides.remote_for(*policy, 1001));
  CHECK_FALSE(sides.remote_for(*make({.name = "llm-d", .non_cached_tokens = Tokens{0}}), 100'000));
}

// Source: PrfaaS (arXiv 2604.15039): requests whose incremental length exceeds t = 19.4 K go to the remote cluster.
TEST_CASE("PrfaaS sends away what is longer than its threshold without the longest prefix that either side has") {
  const auto policy = make({.name = "prfaas"});
  Sides sides;
  CHECK_FALSE(sides.remote_for(*policy, 19'400));
  CHECK(sides.remote_for(*policy, 19'401));
  sides.prefixes.tokens[ReplicaId{2}] = Tokens{1600};
  const DisaggregationDecision abundant = sides.ask(*policy, 21'000);
  CHECK_FALSE(abundant.remote);
  CHECK(abundant.score == 19'400);
  CHECK(abundant.copy_prefix);
}

TEST_CASE("a tight link raises PrfaaS's threshold step by step and hides remote prefixes; a free one brings it back") {
  const auto policy = make({.name = "prfaas", .threshold = Tokens{1000}});
  Sides sides;
  sides.prefixes.tokens[ReplicaId{2}] = Tokens{600};
  sides.estimates.link.utilisation = 0.81;
  for (int second = 1; second <= 2; ++second) {
    sides.now = kStartOfTime + std::chrono::seconds{second};
    CHECK(sides.ask(*policy, 1500).threshold == Approx(1000 * std::pow(1.25, second)));
    CHECK(sides.ask(*policy, 1500).threshold == Approx(1000 * std::pow(1.25, second)));  // once an interval
  }
  CHECK_FALSE(sides.remote_for(*policy, 1562));
  CHECK(sides.remote_for(*policy, 1563));
  CHECK_FALSE(sides.ask(*policy, 1500).copy_prefix);
  sides.estimates.link = {0.1, 0ns};
  sides.now += 1s;
  CHECK(sides.ask(*policy, 1500).threshold == Approx(1250));
  CHECK_FALSE(sides.ask(*policy, 1500).copy_prefix);  // it is still above what it was
  sides.now += 1s;
  CHECK(sides.ask(*policy, 1500).threshold == 1000);
  CHECK(sides.ask(*policy, 1500).copy_prefix);
  sides.estimates.link = {0.1, 1001ms};  // little arrived, but much is under way
  sides.now += 1s;
  CHECK(sides.ask(*policy, 1500).threshold == Approx(1250));
}

TEST_CASE("every disaggregation policy repeats its choices and says why") {
  for (const DisaggregationPolicyEntry& entry : disaggregation_policies()) {
    const auto one = make({.name = std::string(entry.name)});
    const auto other = make({.name = std::string(entry.name)});
    Sides sides;
    for (std::int64_t n = 0; n < 200; ++n) {
      sides.now += 100ms;
      sides.estimates.link.utilisation = static_cast<double>(n % 10) / 10;
      sides.remote[0].load.value.waiting = n % 3;
      const DisaggregationDecision decision = sides.ask(*one, 1 + n * 200);
      INFO(entry.name << ", draw " << n);
      REQUIRE(decision.remote == sides.remote_for(*other, 1 + n * 200));
      REQUIRE_FALSE(decision.reason.empty());
    }
  }
}

TEST_CASE("disaggregation policies refuse what cannot be") {
  CHECK_THROWS_WITH(make({.name = "dynammo"}), Catch::Contains("expected one of dynamo, llm-d, prfaas"));
  CHECK_THROWS_AS(make({.name = "dynamo", .max_prefill_queue_size = -1}), ConfigError);
  CHECK_THROWS_AS(make({.name = "prfaas", .feedback_step = 1.0}), ConfigError);
  CHECK_THROWS_AS(make({.name = "prfaas", .feedback_interval = 0s}), ConfigError);
}

}  // namespace
}  // namespace cleave

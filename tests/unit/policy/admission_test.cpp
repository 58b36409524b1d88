#include <catch2/catch.hpp>

#include "models/units/error.h"
#include "sim/policy/registry.h"
#include "tests/unit/policy/views.h"

namespace cleave {
namespace {

bool admits(AdmissionPolicy& policy, const std::vector<ReplicaView>& replicas) {
  const FakePrefixes none;
  return policy.admit(request(0), {ClusterView{kStartOfTime, replicas, none}, std::nullopt}).admit;
}

AdmissionParams limit(std::int64_t waiting) {
  AdmissionParams params;
  params.max_waiting_per_replica = waiting;
  return params;
}

TEST_CASE("without a limit every request is admitted") {
  const auto policy = make_admission_policy({});
  CHECK(admits(*policy, {replica(0, 1'000'000)}));
}

TEST_CASE("a queue limit compares the mean of waiting requests, and running ones do not count") {
  const auto policy = make_admission_policy(limit(4));
  CHECK(admits(*policy, {replica(0, 7, 100), replica(1, 0, 100)}));
  CHECK_FALSE(admits(*policy, {replica(0, 8), replica(1, 0)}));
  CHECK(admits(*policy, {replica(0, 3)}));
  CHECK_FALSE(admits(*policy, {replica(0, 4)}));
}

TEST_CASE("a queue limit of zero admits nothing") {
  const auto policy = make_admission_policy(limit(0));
  CHECK_FALSE(admits(*policy, idle_replicas(3)));
}

TEST_CASE("a negative queue limit is refused") {
  CHECK_THROWS_AS(make_admission_policy(limit(-1)), ConfigError);
}

// --- Dynamo's queue at the router -------------------------------------------------------------------------------

TEST_CASE("a request is held while every replica has more than four full steps of prompt tokens queued, and then goes on") {
  AdmissionParams params;
  params.queue_threshold = 4.0;
  const auto policy = make_admission_policy(params);
  const auto ask_with = [&](std::int64_t a, std::int64_t b) {
    std::vector<ReplicaView> replicas{replica(0, 0, 0, a), replica(1, 0, 0, b)};
    for (ReplicaView& view : replicas) view.step_budget = Tokens{8192};
    const FakePrefixes none;
    return policy->admit(request(0), {ClusterView{kStartOfTime, replicas, none}, std::nullopt});
  };
  CHECK(ask_with(4 * 8192 + 1, 4 * 8192).admit);  // one is not above it
  const AdmissionDecision both = ask_with(4 * 8192 + 1, 4 * 8192 + 1);
  CHECK_FALSE(both.admit);
  CHECK(both.hold);
}

// --- Mooncake's early rejection -----------------------------------------------------------------------------------

/// Prefill replicas with so many tokens pending, decode replicas with so many sequences; a queued or computed token takes
/// 1 ms, a decode step 1 ms a sequence. Limits: 2 s and 10 ms.
struct Loads {
  std::vector<ReplicaView> prefill;
  std::vector<ReplicaView> decode;
  FakePrefixes prefixes;
  FakeEstimates estimates;
  TimePoint now = kStartOfTime;

  Loads(std::int64_t pending, std::int64_t decoding) : prefill{replica(0, 0, 0, pending)}, decode{replica(1, 0, decoding)} {
    estimates.compute_token = estimates.queued_token = std::chrono::milliseconds{1};
  }
  [[nodiscard]] ClusterView decode_view() const { return {now, decode, prefixes, &estimates}; }
  AdmissionDecision asked(AdmissionPolicy& policy, std::int64_t input = 1000) const {
    return policy.admit(request(0, 0, input), {ClusterView{now, prefill, prefixes, &estimates}, decode_view()});
  }
};

std::unique_ptr<AdmissionPolicy> rejecting(RejectionRule rule) {
  AdmissionParams params;
  params.early_rejection = EarlyRejectionParams{rule, std::chrono::seconds{2}, std::chrono::milliseconds{10}, {}};
  params.early_rejection->decode_time = std::chrono::seconds{5};
  return make_admission_policy(params);
}

TEST_CASE("every rule rejects who would wait too long for a first token") {
  for (const RejectionRule rule : {RejectionRule::late, RejectionRule::early, RejectionRule::predicted}) {
    CHECK(Loads{1000, 0}.asked(*rejecting(rule)).admit);
    CHECK_FALSE(Loads{1001, 0}.asked(*rejecting(rule)).admit);
  }
}

TEST_CASE("the late rule looks at decode replicas only when the prompt is done, the early one at arrival") {
  const Loads full{0, 10};  // one more would make eleven: 11 ms of 10
  const auto late = rejecting(RejectionRule::late);
  CHECK(full.asked(*late).admit);
  CHECK_FALSE(late->keep(request(0), full.decode_view()));
  CHECK(late->keep(request(0), Loads{0, 9}.decode_view()));
  const auto early = rejecting(RejectionRule::early);
  CHECK_FALSE(full.asked(*early).admit);
  CHECK(early->keep(request(0), full.decode_view()));
}

TEST_CASE("the predicted rule counts who will be decoding when the prompt is done, not who is now") {
  const auto policy = rejecting(RejectionRule::predicted);
  const Loads busy_now{0, 50};  // all of them were admitted before it kept count: they will be gone
  for (int n = 0; n < 10; ++n) CHECK(busy_now.asked(*policy).admit);
  // Ten are expected to decode from second 1 to 6: an eleventh that begins with them would make a step of 11 ms.
  CHECK_FALSE(busy_now.asked(*policy).admit);
  Loads later{0, 50};
  later.now = kStartOfTime + std::chrono::milliseconds{5001};  // its own prompt takes until 6.001 s
  CHECK(later.asked(*policy).admit);
}

}  // namespace
}  // namespace cleave

#include <catch2/catch.hpp>

#include "models/units/error.h"
#include "sim/policy/registry.h"
#include "tests/unit/policy/views.h"

namespace cleave {
namespace {

bool admits(AdmissionPolicy& policy, const std::vector<ReplicaView>& replicas) {
  const FakePrefixes none;
  return policy.admit(request(0), ClusterView{kStartOfTime, replicas, none}).admit;
}

TEST_CASE("without a limit every request is admitted") {
  const auto policy = make_admission_policy({});
  CHECK(admits(*policy, {replica(0, 1'000'000)}));
}

TEST_CASE("a queue limit compares the mean of waiting requests, and running ones do not count") {
  const auto policy = make_admission_policy({.max_waiting_per_replica = 4});
  CHECK(admits(*policy, {replica(0, 7, 100), replica(1, 0, 100)}));
  CHECK_FALSE(admits(*policy, {replica(0, 8), replica(1, 0)}));
  CHECK(admits(*policy, {replica(0, 3)}));
  CHECK_FALSE(admits(*policy, {replica(0, 4)}));
}

TEST_CASE("a queue limit of zero admits nothing") {
  const auto policy = make_admission_policy({.max_waiting_per_replica = 0});
  CHECK_FALSE(admits(*policy, idle_replicas(3)));
}

TEST_CASE("a negative queue limit is refused") {
  CHECK_THROWS_AS(make_admission_policy({.max_waiting_per_replica = -1}), ConfigError);
}

}  // namespace
}  // namespace cleave

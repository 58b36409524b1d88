// Whether the router's policies have what they choose between.

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "sim/scenario/checker.h"

namespace cleave {
namespace {

void check_admission(const Checker& check) {
  const AdmissionParams& admission = check.scenario.router.admission;
  const int given = int{admission.max_waiting_per_replica.has_value()} + int{admission.queue_threshold.has_value()} +
                    int{admission.early_rejection.has_value()};
  if (given > 1) {
    check.fail(
        "router.admission",
        fmt::format("got {} of max_waiting_per_replica, queue_threshold and early_rejection, expected at most one",
                    given));
  }
  if (admission.hold_order != HoldOrder::fcfs && !admission.queue_threshold) {
    check.fail("router.admission.hold_order", "orders requests that queue_threshold holds back, which is not given");
  }
  if (!admission.early_rejection || admission.early_rejection->rule != RejectionRule::late) return;
  const auto& pools = check.scenario.pools;
  const auto answers = std::find_if(pools.begin(), pools.end(), [](const PoolParams& pool) {
    return pool.role == ReplicaRole::prefill && pool.engine.first_token_side == FirstTokenSide::prefill;
  });
  if (answers == pools.end()) return;
  check.fail(
      "router.admission.early_rejection.rule",
      fmt::format("got late, but pool {} has sent the first token by then: its engine.first_token_side is prefill",
                  answers->name));
}

void check_disaggregation(const Checker& check) {
  if (!check.scenario.router.disaggregation) return;
  const auto& pools = check.scenario.pools;
  const bool prefills =
      std::any_of(pools.begin(), pools.end(), [](const PoolParams& pool) { return pool.role == ReplicaRole::prefill; });
  if (!prefills) {
    check.fail("router.disaggregation", "no pool has role prefill: there is nowhere else to compute a prompt");
    return;
  }
  if (check.scenario.router.disaggregation->name == "prfaas" && check.scenario.federation.regions.size() < 2) {
    check.fail("router.disaggregation.policy",
               "got prfaas, which chooses between regions: expected at least two in federation.regions");
  }
}

}  // namespace

void check_router(const Checker& check) {
  check_admission(check);
  check_disaggregation(check);
}

}  // namespace cleave

// The tables of admission and disaggregation policies.
#include <array>
#include <string>

#include "models/units/error.h"
#include "sim/policy/admissions.h"
#include "sim/policy/disaggregations.h"
#include "sim/policy/registry.h"

namespace cleave {
namespace {

using namespace std::string_view_literals;

constexpr std::array kQueueLimitParameters{"max_waiting_per_replica"sv};
constexpr std::array kPrefillBacklogParameters{"queue_threshold"sv, "hold_order"sv};
constexpr std::array kEarlyRejectionParameters{"early_rejection"sv};

constexpr std::array kAdmissionPolicies{
    AdmissionPolicyEntry{"queue_limit", "refuses while candidates have `max_waiting_per_replica` waiting on average",
                         kQueueLimitParameters,
                         [](const AdmissionParams& params) { return params.max_waiting_per_replica.has_value(); },
                         make_queue_limit},
    AdmissionPolicyEntry{"prefill_backlog", "holds while all candidates have `queue_threshold` full steps queued",
                         kPrefillBacklogParameters,
                         [](const AdmissionParams& params) { return params.queue_threshold.has_value(); },
                         make_prefill_backlog},
    AdmissionPolicyEntry{"early_rejection", "refuses who would miss a predicted limit", kEarlyRejectionParameters,
                         [](const AdmissionParams& params) { return params.early_rejection.has_value(); },
                         make_early_rejection},
    AdmissionPolicyEntry{
        "always", "admits every request", {}, [](const AdmissionParams&) { return true; }, make_always},
};

constexpr std::array kDynamoParameters{"max_local_prefill_length"sv, "max_prefill_queue_size"sv};
constexpr std::array kUncachedSuffixParameters{"non_cached_tokens"sv};
constexpr std::array kPrfaasParameters{"threshold"sv, "max_egress"sv, "max_egress_backlog"sv, "feedback_step"sv,
                                       "feedback_interval"sv};

constexpr std::array kDisaggregationPolicies{
    DisaggregationPolicyEntry{"dynamo", "apart, if much is not cached and few prompts wait", kDynamoParameters,
                              make_dynamo_conditional},
    DisaggregationPolicyEntry{"llm-d", "apart, if more than `non_cached_tokens` are not cached",
                              kUncachedSuffixParameters, make_uncached_suffix},
    DisaggregationPolicyEntry{"prfaas", "in another region above a threshold that congestion raises", kPrfaasParameters,
                              make_prfaas},
};

}  // namespace

std::span<const AdmissionPolicyEntry> admission_policies() {
  return kAdmissionPolicies;
}

std::unique_ptr<AdmissionPolicy> make_admission_policy(const AdmissionParams& params) {
  for (const AdmissionPolicyEntry& entry : kAdmissionPolicies) {
    if (entry.chosen(params)) return entry.make(params);
  }
  return make_always(params);
}

std::span<const DisaggregationPolicyEntry> disaggregation_policies() {
  return kDisaggregationPolicies;
}

std::unique_ptr<DisaggregationPolicy> make_disaggregation_policy(const DisaggregationParams& params) {
  std::string names;
  for (const DisaggregationPolicyEntry& entry : kDisaggregationPolicies) {
    if (entry.name == params.name) return entry.make(params);
    names.append(names.empty() ? "" : ", ").append(entry.name);
  }
  throw ConfigError("unknown disaggregation policy `" + params.name + "`; expected one of " + names);
}

}  // namespace cleave

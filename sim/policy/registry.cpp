#include "sim/policy/registry.h"

#include <array>
#include <string>

#include "models/units/error.h"
#include "sim/policy/admissions.h"
#include "sim/policy/routes.h"

namespace cleave {
namespace {

using namespace std::string_view_literals;

constexpr std::array kPowerOfTwoParameters{"choices"sv};
constexpr std::array kLongestPrefixParameters{"prefix_weight"sv, "common_prefix"sv};
constexpr std::array kKvCostParameters{"overlap_weight"sv,     "host_weight"sv, "disk_weight"sv,    "shared_weight"sv,
                                       "prefill_load_scale"sv, "temperature"sv, "cost_block_size"sv};
constexpr std::array kSessionAffinityParameters{"affinity_ttl"sv};
constexpr std::array kQueueLimitParameters{"max_waiting_per_replica"sv};

constexpr std::array kRoutePolicies{
    RoutePolicyEntry{"round_robin", "candidates in turn, blind to load", {}, false, make_round_robin},
    RoutePolicyEntry{"random", "any candidate, each as likely as any other", {}, true, make_random},
    RoutePolicyEntry{"least_loaded", "the fewest requests waiting or running", {}, false, make_least_loaded},
    RoutePolicyEntry{"data_parallel", "the fewest, waiting ones four times, as vLLM spreads over data-parallel engines", {},
                     false, make_data_parallel},
    RoutePolicyEntry{"power_of_two", "the less loaded of `choices` candidates drawn at random", kPowerOfTwoParameters,
                     true, make_power_of_two},
    RoutePolicyEntry{"longest_prefix", "the longest cached prefix, weighed against queued prompt tokens",
                     kLongestPrefixParameters, false, make_longest_prefix},
    RoutePolicyEntry{"kv_cost", "the least to compute and decode, cached blocks counted by where they are",
                     kKvCostParameters, false, make_kv_cost},
    RoutePolicyEntry{"session_affinity", "where the session was served last, else the fewest requests",
                     kSessionAffinityParameters, false, make_session_affinity},
};

constexpr std::array kAdmissionPolicies{
    AdmissionPolicyEntry{"queue_limit", "refuses while candidates have `max_waiting_per_replica` waiting on average",
                         kQueueLimitParameters,
                         [](const AdmissionParams& params) { return params.max_waiting_per_replica.has_value(); },
                         make_queue_limit},
    AdmissionPolicyEntry{
        "always", "admits every request", {}, [](const AdmissionParams&) { return true; }, make_always},
};

}  // namespace

std::span<const RoutePolicyEntry> route_policies() {
  return kRoutePolicies;
}

std::unique_ptr<RoutePolicy> make_route_policy(const RoutePolicyParams& params, Rng rng) {
  std::string names;
  for (const RoutePolicyEntry& entry : kRoutePolicies) {
    if (entry.name == params.name) return entry.make(params, rng);
    names.append(names.empty() ? "" : ", ").append(entry.name);
  }
  throw ConfigError("unknown routing policy `" + params.name + "`; expected one of " + names);
}

std::span<const AdmissionPolicyEntry> admission_policies() {
  return kAdmissionPolicies;
}

std::unique_ptr<AdmissionPolicy> make_admission_policy(const AdmissionParams& params) {
  for (const AdmissionPolicyEntry& entry : kAdmissionPolicies) {
    if (entry.chosen(params)) return entry.make(params);
  }
  return make_always(params);
}

}  // namespace cleave

#include "sim/policy/registry.h"

#include <array>
#include <string>

#include "models/units/error.h"
#include "sim/policy/routes.h"

namespace cleave {
namespace {

using namespace std::string_view_literals;

constexpr std::array kPowerOfTwoParameters{"choices"sv};
constexpr std::array kLongestPrefixParameters{"prefix_weight"sv, "common_prefix"sv};
constexpr std::array kKvCostParameters{"overlap_weight"sv,     "host_weight"sv, "disk_weight"sv,    "shared_weight"sv,
                                       "prefill_load_scale"sv, "temperature"sv, "cost_block_size"sv};
constexpr std::array kScoresParameters{"prefix_score"sv, "queue_score"sv, "kv_usage_score"sv};
constexpr std::array kSessionAffinityParameters{"affinity_ttl"sv};

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
    RoutePolicyEntry{"scores", "the highest weighted score of cached prefix, queue and free KV memory, as llm-d",
                     kScoresParameters, false, make_scores},
    RoutePolicyEntry{"sticky_region", "longest_prefix among replicas of the client's region", kLongestPrefixParameters,
                     false, make_sticky_region},
    RoutePolicyEntry{"kv_region", "the fewest requests, in the region where the prompt is computed", {}, false,
                     make_kv_region},
    RoutePolicyEntry{"prefix_federated", "over all regions: ship the request, ship the KV or compute, by cost", {}, false,
                     make_prefix_federated},
    RoutePolicyEntry{"session_affinity", "where the session was served last, else the fewest requests",
                     kSessionAffinityParameters, false, make_session_affinity},
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

}  // namespace cleave

#pragma once
// Factories of the routing policies, one a source file. Scenarios reach them through registry.h.
// Ties go to the lowest id, unless the policy says that it draws.

#include <memory>

#include "sim/policy/params.h"
#include "sim/policy/route.h"

namespace cleave {

/// Candidates in turn: the next higher id than the last one chosen, then the lowest again. Blind to load.
std::unique_ptr<RoutePolicy> make_round_robin(const RoutePolicyParams&, Rng);

/// Any candidate, each as likely as any other. Blind to load.
std::unique_ptr<RoutePolicy> make_random(const RoutePolicyParams&, Rng);

/// The candidate with the fewest requests waiting or running; among equals the fewest pending prompt tokens.
std::unique_ptr<RoutePolicy> make_least_loaded(const RoutePolicyParams&, Rng);

/// The less loaded of `params.choices` different candidates drawn at random.
/// Errors: ConfigError if params.choices is 0.
/// Source: M. Mitzenmacher, "The power of two choices in randomized load balancing", IEEE TPDS 12(10), 2001.
std::unique_ptr<RoutePolicy> make_power_of_two(const RoutePolicyParams&, Rng);

/// The candidate with the lowest 4 x waiting + running, as last reported, plus what was sent since: how vLLM spreads
/// requests over data-parallel engines (`router.signal_interval: 100 ms`).
/// Source: vllm/v1/engine/core_client.py, get_core_engine_for_request.
std::unique_ptr<RoutePolicy> make_data_parallel(const RoutePolicyParams&, Rng);

/// The candidate with the highest `prefix_weight * matched - pending` tokens; among equals the least loaded,
/// then the one that was not chosen for longest. Matches of at most `common_prefix` tokens count as none: following a
/// system prompt that all requests share would send all of them to the one cache that had it first.
/// Source of the threshold: sglang-router's cache_aware, which leaves the cache for the load below `cache_threshold`.
/// Errors: ConfigError if params.prefix_weight is negative or not finite.
std::unique_ptr<RoutePolicy> make_longest_prefix(const RoutePolicyParams&, Rng);

/// The candidate with the lowest `prefill_load_scale * blocks to compute + blocks being decoded`, where cached blocks
/// count by their weights; among equals the lowest id, or with a temperature one drawn by the costs' softmax.
/// Errors: ConfigError if a weight is negative.
/// Source: Dynamo, docs/design-docs/router-design.md and docs/components/router/router-configuration.md.
std::unique_ptr<RoutePolicy> make_kv_cost(const RoutePolicyParams&, Rng);

/// The candidate with the highest weighted sum of three scores from 0 to 1: its cached prefix, from the shortest among
/// candidates to the longest; its queue, from the longest to the shortest (1 when all are equal); its free KV memory.
/// Errors: ConfigError if a weight is negative or not finite.
/// Source: llm-d inference scheduler, docs/architecture.md (precise-prefix, queue and kv-utilisation scorers).
std::unique_ptr<RoutePolicy> make_scores(const RoutePolicyParams&, Rng);

/// `longest_prefix` among the candidates of the client's region; of the nearest region, while there is none at home.
std::unique_ptr<RoutePolicy> make_sticky_region(const RoutePolicyParams&, Rng);

/// `least_loaded` in the region where the prompt is computed (for who computes it: the client's), or the nearest.
std::unique_ptr<RoutePolicy> make_kv_region(const RoutePolicyParams&, Rng);

/// The candidate, of whatever region, from which the first token is expected first: the way there and back, the queue, KV
/// shipped from the best holder if that pays, and the rest of the prompt. Counts what it sent to a replica since its
/// last report.
std::unique_ptr<RoutePolicy> make_prefix_federated(const RoutePolicyParams&, Rng);

/// The replica that served the session's last request, while it is a candidate and the session was seen within
/// `affinity_ttl`; else the least loaded.
/// Errors: ConfigError if params.affinity_ttl is not positive.
std::unique_ptr<RoutePolicy> make_session_affinity(const RoutePolicyParams&, Rng);

}  // namespace cleave

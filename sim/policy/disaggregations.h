#pragma once
// Factories of the disaggregation policies, one a source file. Scenarios reach them through registry.h.

#include <memory>

#include "sim/policy/disaggregation.h"
#include "sim/policy/params.h"

namespace cleave {

/// Remote if more than `max_local_prefill_length` tokens are not cached where the prompt will be decoded, and fewer
/// than `max_prefill_queue_size` requests wait for prefill replicas. Errors: ConfigError if a limit is negative.
/// Source: Dynamo, docs/architecture/disagg_serving.md (2025).
std::unique_ptr<DisaggregationPolicy> make_dynamo_conditional(const DisaggregationParams&);

/// Remote if more than `non_cached_tokens` tokens are not cached where the prompt will be decoded; never, if that is 0.
/// Source: llm-d inference scheduler, docs/disaggregation.md.
std::unique_ptr<DisaggregationPolicy> make_uncached_suffix(const DisaggregationParams&);

/// Remote if more than a threshold of tokens are not cached. While the link that the KV would come back over is used
/// more than `max_egress`, or has more than `max_egress_backlog` under way, the threshold rises step by step, and only
/// prefixes of the local side count; otherwise it goes back to `threshold`, and the longest prefix of either side
/// counts and is copied to whoever computes. Errors: ConfigError for a step or interval that cannot be. Source: PrfaaS
/// (arXiv 2604.15039); the form of the feedback's steps is not published.
std::unique_ptr<DisaggregationPolicy> make_prfaas(const DisaggregationParams&);

}  // namespace cleave

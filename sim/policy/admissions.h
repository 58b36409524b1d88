#pragma once
// Factories of the admission policies, one a source file. Scenarios reach them through registry.h.

#include <memory>

#include "sim/policy/admission.h"
#include "sim/policy/params.h"

namespace cleave {

/// Admits every request.
std::unique_ptr<AdmissionPolicy> make_always(const AdmissionParams&);

/// Refuses a request while the mean number of waiting requests, over the candidates, is at the limit or above.
/// `params.max_waiting_per_replica` must have a value.
/// Errors: ConfigError if it is negative.
std::unique_ptr<AdmissionPolicy> make_queue_limit(const AdmissionParams&);

/// Holds requests while every candidate has more prompt tokens queued than `params.queue_threshold` times its step's
/// budget. `params.queue_threshold` must have a value.
/// Errors: ConfigError if it is negative.
/// Source: Dynamo, docs/components/router/router-configuration.md (router_queue_threshold).
std::unique_ptr<AdmissionPolicy> make_prefill_backlog(const AdmissionParams&);

/// Refuses who would miss a limit, by rule. `params.early_rejection` must have a value.
/// Errors: ConfigError if a time in it is not positive.
/// Source: Mooncake, arXiv 2407.00079v4, sections 7 and 8.
std::unique_ptr<AdmissionPolicy> make_early_rejection(const AdmissionParams&);

}  // namespace cleave

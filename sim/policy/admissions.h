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

}  // namespace cleave

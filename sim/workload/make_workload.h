#pragma once

#include <memory>

#include "sim/core/rng.h"
#include "sim/workload/params.h"
#include "sim/workload/request.h"

namespace cleave {

/// All classes as one stream in time order; ties go to the lower class, then to the order within it. Streams of random
/// numbers are named "workload/<class name>/...". Traces are opened here.
/// Errors: ConfigError for impossible parameters ("workload.classes[0].traffic...: got ..., expected ..."), and for
/// trace files that are missing or malformed, here or from a later call.
[[nodiscard]] std::unique_ptr<Workload> make_workload(const WorkloadParams& params, const RngBook& book);

/// Reads every trace that `params` names, as far as a run would, so that a malformed line is found before the clock
/// starts and not in the middle of a run.
/// Errors: ConfigError with the first problems of the first trace that has any.
void check_traces(const WorkloadParams& params);

}  // namespace cleave

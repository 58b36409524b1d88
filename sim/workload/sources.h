#pragma once
// The kinds of traffic a class can have.

#include <memory>
#include <string>

#include "sim/core/rng.h"
#include "sim/workload/params.h"
#include "sim/workload/traffic_source.h"

namespace cleave {

/// What every source is told about its class.
/// `streams` is the name of its random streams ("workload/chat"); `path` its key path in the scenario, for diagnostics.
struct SourceContext {
  ClassId cls;
  ClassId prompts_of;  // whose system prompts it begins with
  std::string streams;
  std::string path;
  const RngBook& book;       // borrowed during construction
  SessionCounter& sessions;  // outlives the source
};

/// Open-loop requests without sessions: holds no state for them.
std::unique_ptr<TrafficSource> make_one_shot_source(const SyntheticParams&, const SourceContext&);

/// Sessions, in an open or a closed loop; a closed loop of single requests is sessions of one turn.
std::unique_ptr<TrafficSource> make_session_source(const SyntheticParams&, const SourceContext&);

/// A recorded trace.
std::unique_ptr<TrafficSource> make_trace_source(const TraceParams&, const SourceContext&);

}  // namespace cleave

#pragma once
// Writes a trace in another format.

#include <cstdint>
#include <string>

#include "sim/workload/trace/trace_reader.h"

namespace cleave {

/// Reads `reader` to its end and writes `file`, compressed when its name ends in ".gz". The file appears under its name
/// only when it is whole. Equal tokens stay equal; blocks and texts get new names.
/// Result: number of records.
/// Errors: ConfigError when `to` is neither cleave nor mooncake, when the file exists and not `force`, when it cannot
/// be written, and when the target cannot say what the trace says (mooncake has no requests that wait for answers).
std::uint64_t convert_trace(TraceReader& reader, const std::string& file, TraceFormat to, bool force);

}  // namespace cleave

#pragma once
// A recorded trace as a stream of block look-ups.

#include <optional>
#include <string>

#include "models/units/units.h"
#include "sim/kv/eviction/block_stream.h"
#include "sim/workload/params.h"

namespace cleave {

struct BlockTraceParams {
  std::string file;
  std::optional<TraceFormat> format;  // none: told by the first line
  std::optional<Tokens> block_size;   // full blocks of this size instead of the trace's own; 16 where it has none
};

/// Reads the prompts of a whole trace: 4 bytes a block look-up. With the trace's own blocks, a partial last one counts
/// where the trace names it. Requests come by arrival, equal ones in the file's order; one that waits for another's
/// answer is dated as if answers took no time.
/// Errors: ConfigError for a malformed trace, one without any request, and one that does not say which prompts share
/// tokens.
[[nodiscard]] BlockStream read_block_stream(const BlockTraceParams& params);

}  // namespace cleave

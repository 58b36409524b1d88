#pragma once
// `cleave cache TRACE`, apart from its flags: how many block look-ups each eviction policy serves, without any timing.

#include <cstdint>
#include <iosfwd>
#include <string>

#include "sim/app/cache_trace.h"
#include "sim/app/exit_code.h"

namespace cleave {

enum class CacheFormat : std::uint8_t { text, json, csv };

struct CacheCommandParams {
  BlockTraceParams trace;
  std::string policies = "lru";  // names, separated by commas; or "all"
  std::string capacities;        // sizes, separated by commas (cache_capacity.h); empty: a default
  bool curve = false;            // many capacities, in one pass where the policy allows it
  std::uint64_t seed = 1;        // of policies that draw
  Duration ttl = std::chrono::minutes{5};
  CacheFormat format = CacheFormat::text;
};

/// Replays the trace and writes one row for each policy and capacity, in the order asked for.
/// Errors: ConfigError for an unknown policy, a size that is none, or a bad trace; policies and sizes are checked
/// first.
ExitCode cache_command(const CacheCommandParams& params, std::ostream& out);

}  // namespace cleave

#pragma once
// What is in a trace: counts, rates, lengths, and how much of it a cache could reuse.

#include <cstdint>
#include <optional>
#include <vector>

#include "models/units/units.h"
#include "sim/workload/trace/trace_reader.h"

namespace cleave {

/// Of one length over all requests. Percentiles interpolate linearly between order statistics.
struct LengthStats {
  std::int64_t total = 0;
  double mean = 0;
  double p5 = 0;
  double p50 = 0;
  double p90 = 0;
  double p95 = 0;
  double p99 = 0;
  std::int64_t max = 0;
};

/// Of arrivals that the trace dates itself: roots.
struct ArrivalStats {
  std::uint64_t count = 0;
  Duration first{};
  Duration last{};
  std::uint64_t distinct_times = 0;
  std::optional<double> per_second;  // count / (last - first); none when all share one time
  std::optional<double> per_minute;  // mean over whole minutes from time zero; none below two of them
  std::uint64_t peak_minute = 0;
  std::optional<double> index_of_dispersion;  // variance / mean of those counts; 1 for Poisson
};

/// Reuse of prompt blocks by a cache that never evicts. With the trace's own blocks, the partial last one counts where
/// the trace names it; otherwise full blocks only, by chained keys.
struct BlockStats {
  Tokens block_size;
  bool recorded = false;  // the trace's own blocks
  std::uint64_t accesses = 0;
  std::uint64_t unique = 0;
  double hit_ratio_blocks = 0;
  double hit_ratio_tokens = 0;  // of all input tokens
};

struct TraceStats {
  std::uint64_t requests = 0;
  std::uint64_t waiting_requests = 0;     // leave after another's answer
  std::optional<std::uint64_t> sessions;  // none where the trace names none
  ArrivalStats arrivals;
  LengthStats input;
  LengthStats output;
  std::optional<BlockStats> blocks;  // none where nothing is known of prompts
  TraceNotes notes;
};

/// Reads `reader` to its end. Keeps 8 bytes a request, and one entry a distinct block and session.
/// `block_size`: count full blocks of this size instead of the trace's own; 16 where it has none and none is given.
/// Errors: the reader's.
[[nodiscard]] TraceStats trace_stats(TraceReader& reader, TraceFormat format, std::optional<Tokens> block_size);

}  // namespace cleave

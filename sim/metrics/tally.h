#pragma once
// Integer totals over a group of requests.

#include <cstdint>

#include "sim/metrics/exact_sum.h"
#include "sim/metrics/records.h"
#include "sim/metrics/slo.h"

namespace cleave {

struct OutcomeCounts {
  std::int64_t arrived = 0;
  std::int64_t completed = 0;
  std::int64_t rejected = 0;
  std::int64_t failed = 0;
  std::int64_t cancelled = 0;
  std::int64_t unfinished = 0;
  bool operator==(const OutcomeCounts&) const = default;
};

struct TokenCounts {
  std::int64_t input = 0;             // prompt tokens offered
  std::int64_t output = 0;            // produced
  std::int64_t output_requested = 0;  // asked for
  std::int64_t input_admitted = 0;    // prompt tokens of requests that reached a batch
  std::int64_t hit_prompt_kv = 0;     // of those, cached: KV that prefill had computed
  std::int64_t hit_decode_kv = 0;     // of those, cached: KV that decoding had produced
  std::int64_t prefilled = 0;         // prompt tokens computed once, of requests whose prefill ended
  std::int64_t recomputed = 0;        // computed again after preemption or faults
  bool operator==(const TokenCounts&) const = default;
};

/// Sums in nanoseconds over completed requests.
struct StageSums {
  ExactSum queue = 0;
  ExactSum prefill = 0;
  ExactSum handoff = 0;
  ExactSum decode = 0;
  bool operator==(const StageSums&) const = default;
};

struct Tally {
  OutcomeCounts requests;
  std::int64_t met_slo = 0;
  TokenCounts tokens;
  StageSums stages;
  std::int64_t transferred = 0;  // bytes
  std::int64_t preemptions = 0;
  std::int64_t retries = 0;
  std::int64_t gaps = 0;  // between consecutive tokens, as the records imply them
  ExactSum gap_time = 0;  // their sum in nanoseconds

  void add(const RequestRecord& record, const SloLimits& limits);
  Tally& operator+=(const Tally& other);
  bool operator==(const Tally&) const = default;
};

}  // namespace cleave

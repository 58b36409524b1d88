#pragma once
// Records of requests with round times, for the tests of metrics and reports.

#include <cstdint>

#include "sim/metrics/records.h"

namespace cleave::fixture {

inline TimePoint at_ms(std::int64_t ms) {
  return kStartOfTime + std::chrono::milliseconds{ms};
}

/// Arrives at `arrival_ms`; then 10 ms in the queue, 100 ms of prefill, 5 ms of hand-off, the first token 1 ms later,
/// and 20 ms for each further one.
inline RequestRecord completed(std::size_t id, std::int64_t arrival_ms, std::int64_t tokens = 11) {
  RequestRecord r;
  r.id = RequestId{id};
  r.session = SessionId{id};
  r.outcome = Outcome::completed;
  r.arrival = at_ms(arrival_ms);
  r.first_scheduled = at_ms(arrival_ms + 10);
  r.prefill_done = at_ms(arrival_ms + 110);
  r.kv_ready = at_ms(arrival_ms + 115);
  r.first_token = at_ms(arrival_ms + 116);
  r.last_token = at_ms(arrival_ms + 116 + 20 * (tokens - 1));
  r.input = Tokens{1000};
  r.output = Tokens{tokens};
  r.generated = Tokens{tokens};
  r.hit_prompt_kv = Tokens{160};
  r.hit_decode_kv = Tokens{40};
  r.transferred = Bytes{4096};
  r.prefill_replica = ReplicaId{0};
  r.decode_replica = ReplicaId{4};
  return r;
}

inline RequestRecord rejected(std::size_t id, std::int64_t arrival_ms) {
  RequestRecord r;
  r.id = RequestId{id};
  r.session = SessionId{id};
  r.outcome = Outcome::rejected;
  r.arrival = at_ms(arrival_ms);
  r.input = Tokens{1000};
  r.output = Tokens{11};
  return r;
}

}  // namespace cleave::fixture

#pragma once
// What a request's record says of its latencies. The one place of their definitions.

#include <optional>

#include "models/units/units.h"
#include "sim/metrics/records.h"

namespace cleave {

/// First output token at the client minus arrival.
[[nodiscard]] std::optional<Duration> ttft_of(const RequestRecord& record);

/// (last token - first token) / (tokens - 1), to the nearest nanosecond; undefined below two tokens.
[[nodiscard]] std::optional<Duration> tpot_of(const RequestRecord& record);

/// Last token minus arrival, for completed requests.
[[nodiscard]] std::optional<Duration> e2e_of(const RequestRecord& record);

/// First scheduled minus arrival.
[[nodiscard]] std::optional<Duration> queue_time_of(const RequestRecord& record);

/// Where a completed request's time went. The four add up to its E2E exactly: `handoff` is only what the movement of KV
/// adds after the prefill's end, and `decode` holds waiting on the decode side.
struct StageTimes {
  Duration queue{};
  Duration prefill{};
  Duration handoff{};
  Duration decode{};
};
[[nodiscard]] StageTimes stages_of(const RequestRecord& completed);

}  // namespace cleave

#include "sim/metrics/request_times.h"

#include <algorithm>

#include "sim/metrics/slo.h"

namespace cleave {

std::optional<Duration> ttft_of(const RequestRecord& record) {
  if (!record.first_token) return std::nullopt;
  return *record.first_token - record.arrival;
}

std::optional<Duration> tpot_of(const RequestRecord& record) {
  const std::int64_t gaps = record.generated.value() - 1;
  if (gaps < 1 || !record.first_token || !record.last_token) return std::nullopt;
  const std::int64_t span = (*record.last_token - *record.first_token).count();
  return Duration{(span + gaps / 2) / gaps};
}

std::optional<Duration> e2e_of(const RequestRecord& record) {
  if (record.outcome != Outcome::completed || !record.last_token) return std::nullopt;
  return *record.last_token - record.arrival;
}

std::optional<Duration> queue_time_of(const RequestRecord& record) {
  if (!record.first_scheduled) return std::nullopt;
  return *record.first_scheduled - record.arrival;
}

StageTimes stages_of(const RequestRecord& completed) {
  const TimePoint end = completed.last_token.value_or(completed.arrival);
  TimePoint reached = completed.arrival;
  const auto until = [&](const std::optional<TimePoint>& mark) {
    const TimePoint next = std::clamp(mark.value_or(reached), reached, std::max(reached, end));
    const Duration spent = next - reached;
    reached = next;
    return spent;
  };
  StageTimes stages;
  stages.queue = until(completed.first_scheduled);
  stages.prefill = until(completed.prefill_done);
  stages.handoff = until(completed.kv_ready);
  stages.decode = until(end);
  return stages;
}

bool meets(const SloLimits& limits, const RequestRecord& record) {
  const bool served = record.outcome == Outcome::completed || record.outcome == Outcome::cancelled;
  if (!served || !record.first_token || !record.last_token) return false;
  if (limits.ttft && *record.first_token - record.arrival > *limits.ttft) return false;
  if (limits.e2e && *record.last_token - record.arrival > *limits.e2e) return false;
  const std::int64_t gaps = record.generated.value() - 1;
  return !limits.tpot || gaps < 1 || *record.last_token - *record.first_token <= *limits.tpot * gaps;
}

}  // namespace cleave

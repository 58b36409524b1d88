#include "sim/metrics/tally.h"

#include <algorithm>

#include "models/units/check.h"
#include "sim/metrics/request_times.h"

namespace cleave {
namespace {

void count_outcome(OutcomeCounts& counts, Outcome outcome) {
  ++counts.arrived;
  switch (outcome) {
    case Outcome::completed:
      ++counts.completed;
      return;
    case Outcome::rejected:
      ++counts.rejected;
      return;
    case Outcome::failed:
      ++counts.failed;
      return;
    case Outcome::cancelled:
      ++counts.cancelled;
      return;
    case Outcome::unfinished:
      ++counts.unfinished;
      return;
  }
}

void count_tokens(TokenCounts& counts, const RequestRecord& record) {
  counts.input += record.input.value();
  counts.output += record.generated.value();
  counts.output_requested += record.output.value();
  counts.recomputed += record.recomputed.value();
  if (!record.first_scheduled) return;
  const std::int64_t hits = (record.hit_prompt_kv + record.hit_decode_kv).value();
  counts.input_admitted += record.input.value();
  counts.hit_prompt_kv += record.hit_prompt_kv.value();
  counts.hit_decode_kv += record.hit_decode_kv.value();
  if (record.prefill_done) counts.prefilled += record.input.value() - hits;
}

/// What every record must say, whatever happened to the request.
void check_record(const RequestRecord& record) {
  const std::int64_t hits = (record.hit_prompt_kv + record.hit_decode_kv).value();
  SIM_CHECK(hits >= 0 && hits <= record.input.value(), "more prompt tokens were cached than the prompt has");
  SIM_CHECK(record.generated.value() >= 0 && record.generated <= record.output, "more tokens produced than asked for");
  SIM_CHECK(!record.first_scheduled || *record.first_scheduled >= record.arrival, "scheduled before arrival");
  const bool has_tokens = record.generated.value() > 0;
  SIM_CHECK(has_tokens == record.first_token.has_value() && has_tokens == record.last_token.has_value(),
            "a request has token times if and only if it has tokens");
  SIM_CHECK(!has_tokens || (*record.first_token >= record.arrival && *record.last_token >= *record.first_token),
            "tokens out of order");
  SIM_CHECK(record.outcome != Outcome::completed || record.generated == record.output,
            "a completed request lacks tokens");
  SIM_CHECK(record.outcome != Outcome::rejected || !has_tokens, "a rejected request has tokens");
}

}  // namespace

void Tally::add(const RequestRecord& record, const SloLimits& limits) {
  check_record(record);
  count_outcome(requests, record.outcome);
  count_tokens(tokens, record);
  if (meets(limits, record)) ++met_slo;
  transferred += record.transferred.value();
  preemptions += record.preemptions;
  retries += record.retries;
  if (record.generated.value() > 0) {
    gaps += record.generated.value() - 1;
    gap_time += (*record.last_token - *record.first_token).count();
  }
  if (record.outcome != Outcome::completed) return;
  const StageTimes times = stages_of(record);
  stages.queue += times.queue.count();
  stages.prefill += times.prefill.count();
  stages.handoff += times.handoff.count();
  stages.decode += times.decode.count();
}

Tally& Tally::operator+=(const Tally& other) {
  requests.arrived += other.requests.arrived;
  requests.completed += other.requests.completed;
  requests.rejected += other.requests.rejected;
  requests.failed += other.requests.failed;
  requests.cancelled += other.requests.cancelled;
  requests.unfinished += other.requests.unfinished;
  met_slo += other.met_slo;
  tokens.input += other.tokens.input;
  tokens.output += other.tokens.output;
  tokens.output_requested += other.tokens.output_requested;
  tokens.input_admitted += other.tokens.input_admitted;
  tokens.hit_prompt_kv += other.tokens.hit_prompt_kv;
  tokens.hit_decode_kv += other.tokens.hit_decode_kv;
  tokens.prefilled += other.tokens.prefilled;
  tokens.recomputed += other.tokens.recomputed;
  stages.queue += other.stages.queue;
  stages.prefill += other.stages.prefill;
  stages.handoff += other.stages.handoff;
  stages.decode += other.stages.decode;
  transferred += other.transferred;
  preemptions += other.preemptions;
  retries += other.retries;
  gaps += other.gaps;
  gap_time += other.gap_time;
  return *this;
}

}  // namespace cleave

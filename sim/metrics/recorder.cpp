#include "sim/metrics/recorder.h"

#include <algorithm>
#include <utility>

#include "sim/metrics/request_times.h"

namespace cleave {

Recorder::Recorder(RecorderParams params)
    : params_(std::move(params)),
      measured_from_(kStartOfTime + params_.warm_up),
      tallies_(params_.classes.size()),
      gaps_(params_.classes.size()) {}

void Recorder::Extent::add(const RequestRecord& record) {
  first_arrival = std::min(first_arrival, record.arrival);
  last_arrival = std::max(last_arrival, record.arrival);
  end = std::max(end, record.last_token.value_or(record.arrival));
}

void Recorder::Extent::merge(const Extent& other) {
  first_arrival = std::min(first_arrival, other.first_arrival);
  last_arrival = std::max(last_arrival, other.last_arrival);
  end = std::max(end, other.end);
}

void Recorder::finished(const RequestRecord& record) {
  SIM_CHECK(record.cls.index() < tallies_.size(), "a request of an unknown class ended");
  if (record.id.index() >= seen_.size()) seen_.resize(record.id.index() + 1);
  SIM_CHECK(!seen_[record.id.index()], "a request ended twice");
  seen_[record.id.index()] = true;

  const bool measured = record.arrival >= measured_from_;
  tallies_[record.cls.index()][measured ? 1 : 0].add(record, params_.classes[record.cls.index()].slo);
  extents_[measured ? 1 : 0].add(record);
  if (record.outcome == Outcome::completed) {
    rows_.push_back({.ttft = ttft_of(record).value(),
                     .e2e = e2e_of(record).value(),
                     .queue = queue_time_of(record).value_or(Duration{}),
                     .tpot = tpot_of(record),
                     .cls = record.cls,
                     .measured = measured});
  }
  for (RequestSink* sink : request_sinks_) sink->on_request(record);
}

void Recorder::sample(TimePoint time, PoolId pool, const PoolSample& sample) {
  SIM_CHECK(pool.index() < params_.pools.size(), "a sample of an unknown pool");
  timeline_.add(time, pool, sample);
}

void Recorder::decided(const DecisionRecord& record) {
  for (DecisionSink* sink : decision_sinks_) sink->on_decision(record);
}

std::int64_t Recorder::finished_requests() const {
  std::int64_t count = 0;
  for (const auto& sides : tallies_) count += sides[0].requests.arrived + sides[1].requests.arrived;
  return count;
}

void Recorder::check_conservation(std::uint64_t offered) const {
  SIM_CHECK(static_cast<std::uint64_t>(finished_requests()) == offered, "offered requests are missing at the end");
  SIM_CHECK(seen_.size() == offered, "request ids are not dense");
  for (std::size_t cls = 0; cls < tallies_.size(); ++cls) {
    Tally tally = tallies_[cls][0];
    tally += tallies_[cls][1];
    const OutcomeCounts& r = tally.requests;
    SIM_CHECK(r.arrived == r.completed + r.rejected + r.failed + r.cancelled + r.unfinished, "outcomes do not add up");
    SIM_CHECK(gaps_[cls][0].count() + gaps_[cls][1].count() == tally.gaps,
              "token gaps and produced tokens disagree in number");
    SIM_CHECK(gaps_[cls][0].sum() + gaps_[cls][1].sum() == tally.gap_time,
              "token gaps and token times disagree in sum");
  }
}

}  // namespace cleave

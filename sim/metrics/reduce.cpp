// What was counted -> results.

#include <algorithm>
#include <utility>

#include "sim/metrics/recorder.h"
#include "sim/metrics/sample.h"

namespace cleave {
namespace {

/// The exact latencies of one group of completed requests.
struct Samples {
  Sample ttft;
  Sample tpot;
  Sample e2e;
  Sample queue;

  void add(const FinishedRow& row) {
    ttft.add(row.ttft);
    if (row.tpot) tpot.add(*row.tpot);
    e2e.add(row.e2e);
    queue.add(row.queue);
  }
};

std::optional<double> quotient(double numerator, double denominator) {
  if (denominator <= 0) return std::nullopt;
  return numerator / denominator;
}

std::optional<StageMeans> stage_means(const Tally& tally) {
  const std::int64_t n = tally.requests.completed;
  if (n == 0) return std::nullopt;
  return StageMeans{.queue = mean_seconds(tally.stages.queue, n),
                    .prefill = mean_seconds(tally.stages.prefill, n),
                    .handoff = mean_seconds(tally.stages.handoff, n),
                    .decode = mean_seconds(tally.stages.decode, n)};
}

void add_ratios(GroupResults& out, const Window& window) {
  const Tally& t = out.tally;
  const auto real = [](std::int64_t n) { return static_cast<double>(n); };
  out.slo_attainment = quotient(real(t.met_slo), real(t.requests.arrived));
  out.kv_hit_ratio = quotient(real(t.tokens.hit_prompt_kv + t.tokens.hit_decode_kv), real(t.tokens.input_admitted));
  out.goodput = quotient(real(t.met_slo), window.seconds());
  out.request_throughput = quotient(real(t.requests.completed), window.seconds());
  out.output_tokens_per_second = quotient(real(t.tokens.output), window.seconds());
  out.offered_rate = quotient(real(t.requests.arrived), to_seconds(window.last_arrival - window.from));
}

}  // namespace

Window Recorder::Extent::from(TimePoint begin) const {
  if (first_arrival == TimePoint::max()) return {begin, begin, begin};  // nothing arrived
  return {std::max(begin, first_arrival), last_arrival, end};
}

GroupResults Recorder::group(std::optional<std::size_t> cls, bool measured_only, const Window& window) const {
  GroupResults out;
  Histogram gaps;
  for (std::size_t c = 0; c < tallies_.size(); ++c) {
    if (cls && c != *cls) continue;
    for (std::size_t side = measured_only ? 1 : 0; side < 2; ++side) {
      out.tally += tallies_[c][side];
      gaps.merge(gaps_[c][side]);
    }
  }
  Samples samples;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const FinishedRow& row = rows_[i];
    if ((!cls || row.cls.index() == *cls) && (row.measured || !measured_only)) samples.add(row);
  }
  out.ttft = samples.ttft.distribution();
  out.tpot = samples.tpot.distribution();
  out.itl = gaps.distribution();
  out.e2e = samples.e2e.distribution();
  out.queue = samples.queue.distribution();
  out.stages = stage_means(out.tally);
  add_ratios(out, window);
  return out;
}

RunResults Recorder::results() const {
  RunResults out;
  out.warm_up = params_.warm_up;
  out.measured_window = extents_[1].from(measured_from_);
  Extent all = extents_[0];
  all.merge(extents_[1]);
  out.whole_window = all.from(kStartOfTime);
  const bool same = extents_[0].first_arrival == TimePoint::max();  // nothing arrived during warm-up
  out.measured = group(std::nullopt, true, out.measured_window);
  out.whole = same ? out.measured : group(std::nullopt, false, out.whole_window);
  for (std::size_t c = 0; c < params_.classes.size(); ++c) {
    ClassResults result{.name = params_.classes[c].name, .slo = params_.classes[c].slo, .measured = {}, .whole = {}};
    const bool only = params_.classes.size() == 1;
    result.measured = only ? out.measured : group(c, true, out.measured_window);
    result.whole = same ? result.measured : only ? out.whole : group(c, false, out.whole_window);
    out.classes.push_back(std::move(result));
  }
  return out;
}

}  // namespace cleave

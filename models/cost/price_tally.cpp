#include "models/cost/price_tally.h"

#include <algorithm>

namespace cleave {
namespace {

constexpr double kMuch = 0.1;  // of a step, priced beyond what was measured

}  // namespace

void PriceTally::Samples::offer(const BatchShape& batch, Duration time) {
  seconds += to_seconds(time);
  if (asked++ % stride != 0) return;
  kept.push_back({{batch.prefills.begin(), batch.prefills.end()}, batch, to_seconds(time)});
  kept.back().shape.prefills = {};
  if (kept.size() < 2 * kSamples) return;
  for (std::size_t i = 1; i < kSamples; ++i) kept[i] = std::move(kept[2 * i]);
  kept.resize(kSamples);
  stride *= 2;
}

/// Time by what it rests on, of some samples.
struct PriceTally::Sums {
  PricedBy by;
  double seconds = 0;

  Sums(const Samples& samples, const ExplainedCost& model) {
    for (const Sample& sample : samples.kept) {
      BatchShape batch = sample.shape;
      batch.prefills = sample.prefills;
      double outside = 0;
      for (const PricedOperation& row : model.explain(batch).rows) {
        by.source[static_cast<std::size_t>(row.source)] += row.seconds;
        by.confidence[static_cast<std::size_t>(row.confidence)] += row.seconds;
        if (row.source == PriceSource::extrapolated) outside += row.seconds;
      }
      seconds += sample.seconds;
      ++by.steps;
      if (outside > kMuch * sample.seconds) ++by.extrapolated;
    }
  }

  /// Adds these shares, which stand for `share` of all time.
  void add_to(PricedBy& out, double share) const {
    out.steps += by.steps;
    out.extrapolated += by.extrapolated;
    if (seconds <= 0) return;
    for (std::size_t i = 0; i < out.source.size(); ++i) out.source[i] += share * by.source[i] / seconds;
    for (std::size_t i = 0; i < out.confidence.size(); ++i) out.confidence[i] += share * by.confidence[i] / seconds;
  }
};

Duration PriceTally::step(const BatchShape& batch) const {
  const Duration time = model_->step(batch);
  single_.offer(batch, time);
  return time;
}

void PriceTally::decode_steps(std::int64_t decodes, Tokens context, std::span<Duration> out) const {
  decode_stretch({{}, decodes, context}, out);
}

void PriceTally::decode_stretch(const BatchShape& first, std::span<Duration> out) const {
  model_->decode_stretch(first, out);
  if (!out.empty()) stretches_.offer(first, out[0]);
}

PricedBy PriceTally::priced_by(Duration busy) const {
  const Sums single(single_, *model_);
  const Sums stretches(stretches_, *model_);
  const double all = to_seconds(busy);
  // Steps in flight together take more time than passes: then stretches, which never fly together, have none.
  const double apart = std::min(all, single_.seconds);
  const double share = stretches.seconds <= 0 ? 1.0 : all <= 0 ? 0.0 : apart / all;
  PricedBy out;
  single.add_to(out, share);
  stretches.add_to(out, 1 - share);
  return out;
}

}  // namespace cleave

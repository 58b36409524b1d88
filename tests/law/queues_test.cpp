// A one-at-a-time engine is a queue with known waiting times.
#include <cmath>
#include <numeric>

#include "sim/core/rng.h"
#include "tests/unit/engine/bench_engine.h"

using namespace cleave;

namespace {

/// A step takes one microsecond for each prompt token: lengths are service times.
class LengthIsTime final : public StepCostModel {
 public:
  [[nodiscard]] Duration step(const BatchShape& batch) const override {
    return Duration{1000 * batch.prefills[0].tokens.value()};
  }
  void decode_steps(std::int64_t, Tokens, std::span<Duration>) const override {}
};

struct Waits {
  double mean = 0;
  double half_width = 0;  // of a 99.9 % confidence interval, by means of 50 batches
};

/// Mean wait in seconds of `count` requests that arrive at random to an engine of service time `draw_us()`.
template <class Draw>
Waits waits(double load, double mean_us, Draw draw_us) {
  constexpr int kBatches = 50;
  constexpr int kEach = 4000;
  EngineParams params = BenchEngine::small();
  params.max_num_seqs = 1;
  params.max_num_batched_tokens = Tokens{1'000'000'000};
  params.max_model_len = Tokens{1'000'000'000};
  params.enable_prefix_caching = false;
  params.block_size = Tokens{1'000'000};
  BenchEngine engine{params, std::nullopt, std::make_unique<LengthIsTime>()};
  Rng arrivals = RngBook{2024}.stream("arrivals");
  double time_us = 0;
  for (int i = 0; i < kBatches * kEach; ++i) {
    time_us += exponential(arrivals, mean_us / load);
    auto& live = engine.add(std::max<std::int64_t>(2, std::llround(draw_us())), 1);
    engine.enqueue_at(live, Duration{std::llround(1000 * time_us)});
  }
  engine.kernel.run();
  engine.replica.waiting_meter().check_empty_and_balanced();
  std::vector<double> means(kBatches, 0.0);
  for (int i = 0; i < kBatches * kEach; ++i) {
    const RequestRecord& r = engine.lives[static_cast<std::size_t>(i)].record;
    const Duration wait = *r.first_scheduled - engine.lives[static_cast<std::size_t>(i)].request.arrival;
    means[static_cast<std::size_t>(i / kEach)] += to_seconds(wait) / kEach;
  }
  const double mean = std::accumulate(means.begin(), means.end(), 0.0) / kBatches;
  double squares = 0;
  for (const double m : means) squares += (m - mean) * (m - mean);
  return {mean, 3.5 * std::sqrt(squares / (kBatches - 1) / kBatches)};
}

}  // namespace

TEST_CASE("M/D/1: the mean wait is load times service over twice the idle share") {
  for (const double load : {0.3, 0.7}) {
    const Waits w = waits(load, 10'000, [] { return 10'000.0; });
    const double expected = load * 0.010 / (2 * (1 - load));
    INFO("load " << load << " wait " << w.mean << " +- " << w.half_width << " expected " << expected);
    CHECK(std::abs(w.mean - expected) < w.half_width);
    CHECK(w.half_width < 0.1 * expected);
  }
}

TEST_CASE("M/M/1: the mean wait is load times service over the idle share") {
  for (const double load : {0.3, 0.7}) {
    Rng services = RngBook{2024}.stream("services");
    const Waits w = waits(load, 10'000, [&] { return exponential(services, 10'000); });
    const double expected = load * 0.010 / (1 - load);
    INFO("load " << load << " wait " << w.mean << " +- " << w.half_width << " expected " << expected);
    CHECK(std::abs(w.mean - expected) < w.half_width);
    CHECK(w.half_width < 0.15 * expected);
  }
}

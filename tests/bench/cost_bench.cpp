// What pricing costs by the calibrated model: one decode step, a stretch of them, mixed steps.

#include <benchmark/benchmark.h>

#include <vector>

#include "models/cost/make_cost.h"
#include "sim/scenario/catalogue.h"

namespace cleave {
namespace {

const Catalogue& catalogue() {
  static const Catalogue loaded = Catalogue::load(CLEAVE_SOURCE_DIR "/models/catalog");
  return loaded;
}

std::unique_ptr<ExplainedCost> cost_of(const char* model) {
  return make_step_cost("calibrated", catalogue().llm(model), catalogue().device("h100-sxm"), {},
                        catalogue().hardware_folder());
}

/// Batches of up to 256 sequences whose contexts grow: what a run asks, once its tables are filled.
void decode_step(benchmark::State& state, const char* model) {
  const auto cost = cost_of(model);
  std::int64_t asked = 0;
  const auto price = [&] {
    const std::int64_t decodes = 1 + asked % 256;
    const std::int64_t context = decodes * (500 + asked % 4000);
    ++asked;
    return cost->step(
        {{},
         decodes,
         Tokens{context},
         1,
         1.3 * static_cast<double>(context) * static_cast<double>(context) / static_cast<double>(decodes)});
  };
  for (int i = 0; i < 20000; ++i) benchmark::DoNotOptimize(price());
  for (auto _ : state) benchmark::DoNotOptimize(price());
}
BENCHMARK_CAPTURE(decode_step, dense, "llama-3.1-8b");
BENCHMARK_CAPTURE(decode_step, experts, "qwen3-30b-a3b");

void decode_stretch(benchmark::State& state) {
  const auto cost = cost_of("llama-3.1-8b");
  std::vector<Duration> out(256);
  for (auto _ : state) {
    cost->decode_stretch({{}, 64, Tokens{64 * 2000}}, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations() * 256);
}
BENCHMARK(decode_stretch);

/// A prompt's chunk beside 64 decodes. `again`: 2 000 shapes in turn; else no shape comes twice.
void mixed_step(benchmark::State& state, bool again) {
  const auto cost = cost_of("llama-3.1-8b");
  std::int64_t asked = 0;
  const auto price = [&] {
    const std::int64_t turn = again ? asked % 2000 : asked;
    ++asked;
    const std::vector<PrefillChunk> chunks{{Tokens{100 + turn * 37 % 8000}, Tokens{turn * 16}}};
    return cost->step({chunks, 64, Tokens{64 * 2000}});
  };
  for (int i = 0; i < 2000; ++i) benchmark::DoNotOptimize(price());
  for (auto _ : state) benchmark::DoNotOptimize(price());
}
BENCHMARK_CAPTURE(mixed_step, shapes_that_come_again, true);
BENCHMARK_CAPTURE(mixed_step, new_shapes, false);

void building_a_model(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(cost_of("llama-3.1-8b"));
}
BENCHMARK(building_a_model)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace cleave

// Steps of one replica, and its KV memory, without network.
#include <benchmark/benchmark.h>

#include "sim/cluster/fleet.h"
#include "sim/core/manual_kernel.h"
#include "sim/engine/replica.h"
#include "sim/kv/block_pool.h"

using namespace cleave;

namespace {

class FixedCost final : public StepCostModel {
 public:
  [[nodiscard]] Duration step(const BatchShape& batch) const override {
    return Duration{5'000'000 + batch.decode_context.value()};
  }
  void decode_steps(std::int64_t decodes, Tokens context, std::span<Duration> out) const override {
    std::int64_t ns = 5'000'000 + context.value();
    for (Duration& step : out) {
      step = Duration{ns};
      ns += decodes;
    }
  }
};

class Ignore final : public ReplicaListener {
 public:
  explicit Ignore(Replica*& replica) : replica_(replica) {}
  void on_chunk(Sequence&, const PrefillChunk&, Duration) override {}
  void on_prefilled(Sequence&) override {}
  void on_finished(Sequence& sequence) override { replica_->release(sequence); }
  void on_token_gaps(ClassId, Duration, std::int64_t, TimePoint) override {}
  void on_blocks_freed() override {}

 private:
  Replica*& replica_;
};

/// `running` sequences of prompt 1 024 and output 256 decode side by side; items are simulated steps.
void scheduler_steps(benchmark::State& state) {
  const auto running = static_cast<std::size_t>(state.range(0));
  const bool coalesce = state.range(1) != 0;
  std::uint64_t steps = 0;
  for (auto _ : state) {
    ManualKernel kernel;
    FixedCost cost;
    Replica* self = nullptr;
    Ignore listener{self};
    EngineParams params;
    params.coalesce_decode = coalesce;
    Replica replica{{ReplicaId{0}, ReplicaRole::mixed, params, 100'000, 1}, cost, kernel, listener};
    self = &replica;
    std::vector<Request> requests(running);
    std::vector<RequestRecord> records(running);
    std::vector<std::vector<BlockKey>> keys(running);
    std::vector<Sequence> sequences(running);
    for (std::size_t i = 0; i < running; ++i) {
      requests[i].id = RequestId{i};
      requests[i].input = Tokens{1024};
      requests[i].output = Tokens{256};
      requests[i].prompt = {{SegmentId::given(i), 0, 1024}};
      BlockKeyChain{1, params.block_size}.prompt_keys(requests[i].prompt, keys[i]);
      sequences[i].request = &requests[i];
      sequences[i].record = &records[i];
      sequences[i].keys = &keys[i];
      sequences[i].known = 1024;
      kernel.at(TimePoint{}, {Phase::arrival}, [&replica, &s = sequences[i]] { replica.enqueue(s); });
    }
    kernel.run();
    steps += replica.usage().steps;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(steps));
  state.counters["sequence_steps"] =
      benchmark::Counter(static_cast<double>(steps) * static_cast<double>(running), benchmark::Counter::kIsRate);
}
BENCHMARK(scheduler_steps)->ArgNames({"running", "coalesce"})->ArgsProduct({{1, 16, 256}, {0, 1}});

/// 256 sequences decode 2 048 tokens each, priced by the catalogue's model of an H100: what a step costs over a
/// coalesced stretch, scheduling and pricing together. Items are steps.
void coalesced_stretch(benchmark::State& state) {
  const Catalogue catalogue = Catalogue::load(catalogue_folder());
  Scenario scenario;
  PoolParams pool;
  pool.model = scenario.model;
  scenario.pools = {pool};
  const std::vector<PoolPlan> plans = plan_pools(scenario, catalogue);
  std::uint64_t steps = 0;
  for (auto _ : state) {
    ManualKernel kernel;
    Replica* self = nullptr;
    Ignore listener{self};
    ReplicaParams params;
    params.kv_blocks = 100'000;
    Replica replica{params, *plans[0].cost, kernel, listener};
    self = &replica;
    std::vector<Request> requests(256);
    std::vector<RequestRecord> records(256);
    std::vector<std::vector<BlockKey>> keys(256);
    std::vector<Sequence> sequences(256);
    for (std::size_t i = 0; i < 256; ++i) {
      requests[i].id = RequestId{i};
      requests[i].input = Tokens{16};
      requests[i].output = Tokens{2048};
      requests[i].prompt = {{SegmentId::given(i), 0, 16}};
      sequences[i].request = &requests[i];
      sequences[i].record = &records[i];
      sequences[i].keys = &keys[i];
      sequences[i].known = 16;
      kernel.at(TimePoint{}, {Phase::arrival}, [&replica, &s = sequences[i]] { replica.enqueue(s); });
    }
    kernel.run();
    steps += replica.usage().steps;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(steps));
}
BENCHMARK(coalesced_stretch);

/// Sequences of 64 blocks come and go in a pool that is always full: look up, allocate, seal, release.
void prefix_cache_blocks(benchmark::State& state) {
  BlockPool pool{{static_cast<std::int64_t>(state.range(0)), true}};
  std::uint64_t name = 1;
  std::vector<BlockId> blocks;
  std::vector<BlockKey> keys(64);
  for (auto _ : state) {
    for (BlockKey& key : keys) key = BlockKey{name++ * 0x9e3779b97f4a7c15ULL};
    benchmark::DoNotOptimize(pool.match(keys));
    pool.allocate(64, blocks);
    pool.publish(blocks, 0, keys, keys.size());
    pool.release(blocks);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * 64);
}
BENCHMARK(prefix_cache_blocks)->ArgName("blocks")->Arg(4096)->Arg(100'000)->Arg(1'000'000);

void prefix_cache_hits(benchmark::State& state) {
  BlockPool pool{{100'000, true}};
  std::vector<BlockId> blocks;
  std::vector<BlockKey> keys(static_cast<std::size_t>(state.range(0)));
  for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = BlockKey{(i + 1) * 0x9e3779b97f4a7c15ULL};
  pool.allocate(state.range(0), blocks);
  pool.publish(blocks, 0, keys, keys.size());
  pool.release(blocks);
  for (auto _ : state) {
    const std::size_t hits = pool.match(keys);
    pool.acquire(std::span{keys}.first(hits), blocks);
    pool.release(blocks);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
}
BENCHMARK(prefix_cache_hits)->ArgName("blocks")->Arg(64)->Arg(8192);

}  // namespace

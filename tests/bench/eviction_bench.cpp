// Block look-ups of a cache under each eviction policy, and the memory of a cached block.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

#include "sim/kv/eviction/policies/lists.h"
#include "sim/kv/eviction/policy_table.h"

using namespace cleave;

namespace {

std::uint64_t mix(std::uint64_t x) {
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccdULL;
  x ^= x >> 29;
  return x * 0xc4ceb9fe1a85ec53ULL;
}

/// Sessions of up to 60 blocks come back with two blocks more, among others that do not.
BlockStream sessions(std::size_t requests) {
  BlockStream stream;
  std::vector<std::vector<std::uint32_t>> prompts(2000);
  for (std::size_t r = 0; r < requests; ++r) {
    std::vector<std::uint32_t>& prompt = prompts[mix(r) % prompts.size()];
    if (prompt.size() > 60) prompt.clear();
    for (int i = 0; i < 2 || prompt.size() < 4; ++i) prompt.push_back(stream.unique++);
    stream.blocks.insert(stream.blocks.end(), prompt.begin(), prompt.end());
    stream.begins.push_back(stream.blocks.size());
    stream.inputs.push_back(stream.block_size * static_cast<std::int64_t>(prompt.size()));
    stream.arrivals.push_back(kStartOfTime + std::chrono::milliseconds{r});
  }
  return stream;
}

/// Keys without any order, half of them among those used lately: look-ups a second of LRU by cache size.
void lru_accesses(benchmark::State& state) {
  const auto capacity = static_cast<std::uint64_t>(state.range(0));
  BlockCache<Lru> cache(capacity, Lru{PolicyParams{}});
  std::uint64_t n = 0;
  const auto access = [&] {
    const std::uint64_t draw = mix(n);
    const std::uint64_t name = draw % 2 == 0 ? n : n - (draw >> 8) % (2 * capacity);
    ++n;
    return cache.access({BlockKey{mix(name)}, n, 0, 0, kStartOfTime});
  };
  for (std::uint64_t i = 0; i < 3 * capacity; ++i) access();
  std::uint64_t hits = 0;
  for (auto _ : state) hits += access() ? 1 : 0;
  state.SetItemsProcessed(state.iterations());
  state.counters["hit_ratio"] = static_cast<double>(hits) / static_cast<double>(state.iterations());
}
BENCHMARK(lru_accesses)->ArgName("blocks")->Arg(10'000)->Arg(1'000'000)->Arg(10'000'000);

std::size_t resident_bytes() {
  std::size_t total = 0;
  std::size_t resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

void lru_bytes_per_block(benchmark::State& state) {
  const auto blocks = static_cast<std::uint64_t>(state.range(0));
  for (auto _ : state) {
    const std::size_t before = resident_bytes();
    BlockCache<Lru> cache(blocks, Lru{PolicyParams{}});
    for (std::uint64_t i = 0; i < blocks; ++i) cache.access({BlockKey{mix(i)}, i, 0, 0, kStartOfTime});
    state.counters["bytes_per_block"] = static_cast<double>(resident_bytes() - before) / static_cast<double>(blocks);
  }
}
BENCHMARK(lru_bytes_per_block)->ArgName("blocks")->Arg(10'000'000)->Iterations(1)->Unit(benchmark::kMillisecond);

/// A whole replay; items are block look-ups.
void replay(benchmark::State& state, const EvictionEntry& policy) {
  static const BlockStream stream = sessions(50'000);
  static const std::vector<NextUse> future = next_uses(stream);
  PolicyParams params;
  params.capacity = 20'000;
  params.next_uses = future;
  for (auto _ : state) benchmark::DoNotOptimize(policy.replay(stream, params));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(stream.blocks.size()));
}

/// All capacities of LRU in one pass.
void lru_curve(benchmark::State& state) {
  const BlockStream stream = sessions(50'000);
  for (auto _ : state) benchmark::DoNotOptimize(StackCurve::lru(stream));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(stream.blocks.size()));
}
BENCHMARK(lru_curve)->Unit(benchmark::kMillisecond);

const bool kRegistered = [] {
  for (const EvictionEntry& policy : eviction_policies()) {
    benchmark::RegisterBenchmark(("replay/" + std::string(policy.name)).c_str(), [&policy](benchmark::State& state) {
      replay(state, policy);
    })->Unit(benchmark::kMillisecond);
  }
  return true;
}();

}  // namespace

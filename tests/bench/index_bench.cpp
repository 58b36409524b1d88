// The prefix index with ten million cached blocks: look-up and insertion of a prompt of 128 K tokens, block size 16.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/kv/index/chain_index.h"

using namespace cleave;

namespace {

constexpr std::size_t kPromptBlocks = 128 * 1024 / 16;
constexpr std::uint64_t kCachedBlocks = 10'000'000;

void fill(std::vector<BlockKey>& keys, std::uint64_t name) {
  std::uint64_t key = name * 0x9e3779b97f4a7c15ULL;
  for (BlockKey& out : keys) {
    key = (key ^ key >> 29) * 0xbf58476d1ce4e5b9ULL + name;
    out = BlockKey{key};
  }
}

std::vector<BlockKey> prompt(std::uint64_t name) {
  std::vector<BlockKey> keys(kPromptBlocks);
  fill(keys, name);
  return keys;
}

ChainIndex filled(std::uint64_t blocks) {
  ChainIndex index;
  std::vector<BlockKey> keys(kPromptBlocks);
  for (std::uint64_t name = 1; index.copies(Layer::believed) < blocks; ++name) {
    fill(keys, name);
    index.insert(keys, HolderId{name % 8}, Layer::believed);
  }
  return index;
}

/// A prompt of which all, or nothing, is cached.
void look_up(benchmark::State& state) {
  const ChainIndex index = filled(kCachedBlocks);
  const bool known = state.range(0) != 0;
  std::vector<std::vector<BlockKey>> prompts;
  for (std::uint64_t i = 0; i < 64; ++i) prompts.push_back(prompt(known ? 7 + 11 * i : 1'000'000 + i));
  std::vector<std::uint32_t> matched(8);
  std::size_t next = 0;
  for (auto _ : state) {
    index.match_all(prompts[next++ % prompts.size()], Layer::believed, matched);
    benchmark::DoNotOptimize(matched.data());
  }
  state.counters["bytes_per_block"] = static_cast<double>(index.bytes()) / static_cast<double>(kCachedBlocks);
}
BENCHMARK(look_up)->ArgName("cached")->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

/// Look-up and insertion of a prompt that is not cached; the state before is restored outside the measurement.
void look_up_and_insert(benchmark::State& state) {
  ChainIndex index = filled(kCachedBlocks);
  std::vector<std::uint32_t> matched(8);
  std::vector<BlockKey> keys(kPromptBlocks);
  std::uint64_t name = 1'000'000;
  for (auto _ : state) {
    state.PauseTiming();
    fill(keys, ++name);
    state.ResumeTiming();
    index.match_all(keys, Layer::believed, matched);
    index.insert(keys, HolderId{name % 8}, Layer::believed);
    benchmark::DoNotOptimize(matched.data());
  }
  state.counters["bytes_per_block"] =
      static_cast<double>(index.bytes()) / static_cast<double>(index.copies(Layer::believed));
}
BENCHMARK(look_up_and_insert)->Unit(benchmark::kMicrosecond)->Iterations(500);

/// The same, told block by block as events are, with the removal of as many.
void insert_block_by_block(benchmark::State& state) {
  ChainIndex index = filled(kCachedBlocks);
  std::vector<BlockKey> keys(kPromptBlocks);
  std::vector<ChainPosition> places(kPromptBlocks);
  std::uint64_t name = 2'000'000;
  for (auto _ : state) {
    state.PauseTiming();
    fill(keys, ++name);
    state.ResumeTiming();
    std::optional<ChainPosition> at;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      at = places[i] = index.place(at, keys[i]);
      index.set(Layer::believed, HolderId{3}, *at);
    }
    state.PauseTiming();
    for (std::size_t i = keys.size(); i-- > 0;) index.clear(Layer::believed, HolderId{3}, places[i]);
    state.ResumeTiming();
  }
}
BENCHMARK(insert_block_by_block)->Unit(benchmark::kMicrosecond)->Iterations(200);

/// Memory of a hundred million cached blocks.
void a_hundred_million_blocks(benchmark::State& state) {
  for (auto _ : state) {
    const ChainIndex index = filled(100'000'000);
    state.counters["GiB"] = static_cast<double>(index.bytes()) / (1024.0 * 1024 * 1024);
    state.counters["bytes_per_block"] =
        static_cast<double>(index.bytes()) / static_cast<double>(index.copies(Layer::believed));
  }
}
BENCHMARK(a_hundred_million_blocks)->Unit(benchmark::kSecond)->Iterations(1);

}  // namespace

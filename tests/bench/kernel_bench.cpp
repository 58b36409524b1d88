// Events and flows through the seam, on the real kernel. Each measurement is a process: SimGrid has one engine in each.
#include <benchmark/benchmark.h>

#include "sim/core/simgrid_kernel.h"
#include "tests/bench/child_time.h"

using namespace cleave;

namespace {

Topology star(std::size_t places) {
  Topology topology;
  topology.vertices.push_back({"switch", {}, {}, {}});
  for (std::size_t i = 0; i < places; ++i) {
    for (int direction = 0; direction < 2; ++direction) {
      topology.links.push_back({"nic", "NIC", BytesPerSecond{50e9}, Duration{0}, false, false});
    }
    topology.vertices.push_back({"place", 0U, LinkId{2 * i}, LinkId{2 * i + 1}});
    topology.places.push_back({static_cast<std::uint32_t>(i + 1), {}});
  }
  return topology;
}

/// `chains` timers that each re-arm themselves; `background` flows are under way all the while.
void run_events(std::uint64_t count, int chains, int background) {
  const auto kernel = make_simgrid_kernel(star(64));
  struct Chain {
    Kernel& kernel;
    std::uint64_t& left;
    std::int64_t gap;
    void tick() {
      if (left == 0) return;
      --left;
      kernel.at(kernel.now() + Duration{gap}, {Phase::step}, [this] { tick(); });
    }
  };
  std::uint64_t left = count;
  std::vector<Chain> all;
  for (int i = 0; i < chains; ++i) all.push_back({*kernel, left, 1000 + 7 * i});
  for (Chain& chain : all) chain.tick();
  std::vector<FlowId> flows;
  for (int i = 0; i < background; ++i) {
    flows.push_back(
        kernel->transfer({PlaceId{static_cast<std::size_t>(i % 64)}, PlaceId{static_cast<std::size_t>((i + 1) % 64)},
                          Bytes{1'000'000'000'000'000}, std::nullopt},
                         [](FlowEnd) {}));
  }
  kernel->run([&left] { return left == 0; });
}

/// `concurrent` flows of 128 MB under way at any time among 64 places.
void run_flows(std::uint64_t count, int concurrent) {
  const auto kernel = make_simgrid_kernel(star(64));
  struct Pump {
    Kernel& kernel;
    std::uint64_t left;
    std::uint64_t state = 1;
    void next() {
      if (left == 0) return;
      --left;
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      const std::size_t from = (state >> 33) % 64;
      const std::size_t to = (from + 1 + (state >> 45) % 63) % 64;
      kernel.transfer({PlaceId{from}, PlaceId{to}, Bytes{128'000'000}, std::nullopt}, [this](FlowEnd) { next(); });
    }
  };
  Pump pump{*kernel, count};
  for (int i = 0; i < concurrent; ++i) pump.next();
  kernel->run();
}

void events(benchmark::State& state) {
  constexpr std::uint64_t kCount = 4'000'000;
  for (auto _ : state) {
    state.SetIterationTime(child_cpu_seconds([&] { run_events(kCount, 64, static_cast<int>(state.range(0))); }));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kCount));
}
BENCHMARK(events)->ArgName("flows_under_way")->Arg(0)->Arg(16)->UseManualTime()->Iterations(2);

void flows(benchmark::State& state) {
  constexpr std::uint64_t kCount = 100'000;
  for (auto _ : state) {
    state.SetIterationTime(child_cpu_seconds([&] { run_flows(kCount, static_cast<int>(state.range(0))); }));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kCount));
}
BENCHMARK(flows)->ArgName("concurrent")->Arg(1)->Arg(8)->Arg(64)->UseManualTime()->Iterations(2);

}  // namespace

// Requests end to end: Poisson arrivals, prompt 1 024, output 256, prefill and decode replicas, network simulated.
// Names say which cost model prices the steps; where none is named it is the default, `calibrated`.
#include <benchmark/benchmark.h>

#include "sim/cluster/simulation.h"
#include "tests/bench/child_time.h"

using namespace cleave;

namespace {

Scenario poisson(std::uint32_t replicas, double rate, std::uint64_t requests) {
  Scenario scenario;
  PoolParams prefill;
  prefill.name = "prefill";
  prefill.role = ReplicaRole::prefill;
  prefill.replicas = replicas;
  prefill.model = scenario.model;
  PoolParams decode = prefill;
  decode.name = "decode";
  decode.role = ReplicaRole::decode;
  scenario.pools = {prefill, decode};
  SyntheticParams traffic;
  traffic.arrivals = PoissonArrivals{RequestsPerSecond{rate}};
  traffic.requests = requests;
  ClassParams cls;
  cls.model = scenario.model;
  cls.traffic = traffic;
  scenario.workload.classes = {cls};
  return scenario;
}

void price_by(Scenario& scenario, const char* cost) {
  for (PoolParams& pool : scenario.pools) pool.cost = cost;
}

Scenario one_mixed_replica(std::uint64_t requests) {
  Scenario scenario = poisson(1, 6.0, requests);
  scenario.pools.pop_back();
  scenario.pools[0].role = ReplicaRole::mixed;
  scenario.pools[0].engine.kv_blocks = 1200;  // 15 requests: pre-emptions
  scenario.pools[0].engine.max_num_batched_tokens = Tokens{512};
  return scenario;
}

/// Every replica has host memory behind its own, and the router knows what is cached where 100 ms late.
Scenario with_tiers_and_late_index(std::uint64_t requests) {
  Scenario scenario = poisson(4, 8.0, requests);
  scenario.router.prefill.name = "longest_prefix";
  TierParams host;
  host.name = "host";
  host.capacity = Bytes{std::int64_t{64} << 30};
  scenario.tiers = {host};
  EventIndex index;
  index.delay = std::chrono::milliseconds{100};
  scenario.prefix_index = index;
  return scenario;
}

/// Prompts of 112 blocks each, all kept in one store that never fills: 100 000 requests leave 11.2 million blocks.
Scenario millions_of_blocks(std::uint64_t requests) {
  Scenario scenario = with_tiers_and_late_index(requests);
  std::get<SyntheticParams>(scenario.workload.classes[0].traffic).input = FixedLength{Tokens{1792}};
  scenario.tiers[0].name = "store";
  scenario.tiers[0].medium = "dram-pool-rdma";
  scenario.tiers[0].scope = TierScope::region;
  scenario.tiers[0].units = 64;
  scenario.tiers[0].capacity = Bytes{std::int64_t{64} << 40};
  return scenario;
}

void simulate(const Scenario& scenario) {
  const Catalogue catalogue = Catalogue::load(catalogue_folder());
  Simulation simulation{scenario, catalogue};
  const auto recorder = simulation.make_recorder();
  simulation.run(*recorder);
}

/// CPU time of `requests` requests, and what as many more add to the peak of memory (pools have their size by then).
template <class Make>
void measure(benchmark::State& state, Make scenario_of, std::uint64_t requests) {
  double cpu = 0;
  double bytes = 0;
  for (auto _ : state) {
    const ChildUsage once = child_usage([&] { simulate(scenario_of(requests)); });
    const ChildUsage twice = child_usage([&] { simulate(scenario_of(2 * requests)); });
    state.SetIterationTime(once.cpu_seconds);
    cpu += once.cpu_seconds;
    bytes = (twice.peak_mib - once.peak_mib) * 1024 * 1024 / static_cast<double>(requests);
  }
  state.counters["requests_per_cpu_s"] = static_cast<double>(state.iterations() * requests) / cpu;
  state.counters["bytes_per_request"] = bytes;
}

void disaggregated(benchmark::State& state, const char* cost) {
  const auto replicas = static_cast<std::uint32_t>(state.range(0));
  const auto scenario_of = [=](std::uint64_t requests) {
    Scenario scenario = poisson(replicas, 2.0 * replicas, requests);
    price_by(scenario, cost);
    return scenario;
  };
  measure(state, scenario_of, 100'000);
}
BENCHMARK_CAPTURE(disaggregated, roofline, "roofline")
    ->ArgName("each")
    ->Arg(4)
    ->Arg(40)
    ->UseManualTime()
    ->Iterations(2);
BENCHMARK_CAPTURE(disaggregated, calibrated, "calibrated")
    ->ArgName("each")
    ->Arg(4)
    ->Arg(40)
    ->UseManualTime()
    ->Iterations(2);

void preempting_replica(benchmark::State& state, const char* cost) {
  const auto scenario_of = [=](std::uint64_t requests) {
    Scenario scenario = one_mixed_replica(requests);
    price_by(scenario, cost);
    return scenario;
  };
  measure(state, scenario_of, 20'000);
}
BENCHMARK_CAPTURE(preempting_replica, roofline, "roofline")->UseManualTime()->Iterations(2);
BENCHMARK_CAPTURE(preempting_replica, calibrated, "calibrated")->UseManualTime()->Iterations(2);

/// How much slower 4 + 4 replicas are with tiers and a late index, taking turns with those without.
void tiers_and_late_index(benchmark::State& state) {
  constexpr std::uint64_t kRequests = 50'000;
  double plain = 0;
  double with = 0;
  for (auto _ : state) {
    plain += child_cpu_seconds([&] { simulate(poisson(4, 8.0, kRequests)); });
    const double once = child_cpu_seconds([&] { simulate(with_tiers_and_late_index(kRequests)); });
    state.SetIterationTime(once);
    with += once;
  }
  state.counters["times_plain"] = with / plain;
}
BENCHMARK(tiers_and_late_index)->UseManualTime()->Iterations(3);

void ten_million_cached_blocks(benchmark::State& state) {
  for (auto _ : state) {
    const ChildUsage usage = child_usage([] { simulate(millions_of_blocks(100'000)); });
    state.SetIterationTime(usage.cpu_seconds);
    state.counters["peak_MiB"] = usage.peak_mib;
  }
}
BENCHMARK(ten_million_cached_blocks)->UseManualTime()->Iterations(1)->Unit(benchmark::kSecond);

}  // namespace

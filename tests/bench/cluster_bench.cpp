// Requests end to end: Poisson arrivals, prompt 1 024, output 256, prefill and decode replicas, network simulated.
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

Scenario one_mixed_replica(std::uint64_t requests) {
  Scenario scenario = poisson(1, 6.0, requests);
  scenario.pools.pop_back();
  scenario.pools[0].role = ReplicaRole::mixed;
  scenario.pools[0].engine.kv_blocks = 1200;  // 15 requests: pre-emptions
  scenario.pools[0].engine.max_num_batched_tokens = Tokens{512};
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

void disaggregated(benchmark::State& state) {
  const auto replicas = static_cast<std::uint32_t>(state.range(0));
  measure(
      state, [=](std::uint64_t n) { return poisson(replicas, 2.0 * replicas, n); }, 100'000);
}
BENCHMARK(disaggregated)->ArgName("prefill_and_decode")->Arg(4)->Arg(40)->UseManualTime()->Iterations(2);

void preempting_replica(benchmark::State& state) {
  measure(state, one_mixed_replica, 20'000);
}
BENCHMARK(preempting_replica)->UseManualTime()->Iterations(2);

}  // namespace

#include "sim/cluster/simulation.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "models/units/check.h"
#include "sim/cluster/transfer_paths.h"
#include "sim/workload/make_workload.h"

namespace cleave {
namespace {

/// Asking for an interruption or telling progress costs more than an instant does.
constexpr std::uint64_t kInstantsBetweenAsks = 4096;

std::vector<LinkClassOutcome> link_outcomes(const Topology& topology, const std::vector<LinkUsage>& usage) {
  std::vector<LinkClassOutcome> classes;
  for (std::size_t i = 0; i < topology.links.size(); ++i) {
    const LinkSpec& link = topology.links[i];
    auto at = std::find_if(classes.begin(), classes.end(), [&](const auto& c) { return c.name == link.cls; });
    if (at == classes.end()) at = classes.insert(classes.end(), LinkClassOutcome{link.cls, 0, 0, {}, 0, {}});
    ++at->links;
    if (!link.repeats) at->bytes += usage[i].bytes;
    at->bandwidth += link.bandwidth;
    if (usage[i].peak_utilisation > at->peak_utilisation) {
      at->peak_utilisation = usage[i].peak_utilisation;
      at->busiest = link.name;
    }
  }
  return classes;
}

/// What leaves over NICs arrives over NICs, or in a tier that several nodes share; and no more is delivered than links
/// carried.
void check_bytes(const Scenario& scenario, const Platform& platform, const std::vector<LinkUsage>& usage,
                 const MoverCounters& moved) {
  const Topology& topology = platform.topology;
  double out = 0;
  double in = 0;
  double beside = 0;  // over scale-up links, or between a node and what is in it
  for (const ReplicaPlace& replica : platform.replicas) {
    const PlaceSpec& place = topology.places[replica.memory.index()];
    out += usage[replica.nic_out.index()].bytes;
    in += usage[replica.nic_in.index()].bytes;
    for (const DomainPort& port : place.ports) beside += port.spoke ? 0.0 : usage[port.out.index()].bytes;
  }
  for (std::size_t t = 0; t < platform.tiers.size(); ++t) {
    const TierScope scope = scenario.tiers[t].scope;
    const bool over_nics = (scope == TierScope::rack || scope == TierScope::region) && !scenario.tiers[t].cxl_switch;
    for (const TierPlace& tier : platform.tiers[t].instances) {
      const double read = usage[tier.out.index()].bytes;
      const double written = usage[tier.in.index()].bytes;
      (over_nics ? out : beside) += read;
      (over_nics ? in : beside) += written;
    }
  }
  if (platform.transfer.store_place) {
    const Vertex& store = topology.vertices[topology.places[platform.transfer.store_place->index()].vertex];
    const Vertex& port = topology.vertices[*store.parent];
    out += usage[port.up->index()].bytes;
    in += usage[port.down->index()].bytes;
  }
  SIM_CHECK(std::abs(out - in) <= 1e-6 * std::max(1.0, out), "bytes that left over NICs did not arrive over NICs");
  SIM_CHECK(out + beside >= static_cast<double>(moved.bytes_delivered) * (1 - 1e-9) - 1.0,
            "more KV was delivered than the links carried");
}

/// What crossed between regions is what movements say they sent there; more only where some were cut off on the way.
void check_wan(const std::vector<WanCount>& counts, const std::vector<LinkUsage>& usage) {
  for (const WanCount& count : counts) {
    const double carried = usage[count.link.index()].bytes;
    const auto delivered = static_cast<double>(count.delivered);
    SIM_CHECK(count.open == 0, "a flow between regions has no end");
    SIM_CHECK(carried >= delivered * (1 - 1e-9) - 1.0, "more arrived from another region than the link carried");
    SIM_CHECK(carried <= (delivered + static_cast<double>(count.cut_off)) * (1 + 1e-9) + 1.0,
              "a wide-area link carried more than was sent over it");
  }
}

}  // namespace

Simulation::Simulation(const Scenario& scenario, const Catalogue& catalogue)
    : scenario_(scenario), pools_(plan_pools(scenario, catalogue)), tiers_(plan_tiers(scenario, pools_, catalogue)) {
  std::vector<const DeviceSpec*> devices;
  for (const PoolPlan& pool : pools_) devices.push_back(pool.device);
  std::vector<const TierSpec*> media;
  for (const TierPlan& tier : tiers_) media.push_back(tier.medium);
  platform_ = build_platform(scenario, devices, resolve_transfer(scenario, catalogue), media);
}

std::unique_ptr<Recorder> Simulation::make_recorder() const {
  RecorderParams params;
  for (const ClassParams& cls : scenario_.workload.classes) {
    params.classes.push_back({cls.name, {cls.slo.ttft, cls.slo.tpot, cls.slo.e2e}});
  }
  for (const PoolParams& pool : scenario_.pools) params.pools.push_back(pool.name);
  params.warm_up = scenario_.output.warm_up;
  return std::make_unique<Recorder>(std::move(params));
}

RunOutcome Simulation::run(Recorder& recorder, const RunOptions& options) {
  const std::unique_ptr<Kernel> kernel = make_simgrid_kernel(platform_.topology, options.kernel);
  const std::unique_ptr<Workload> workload =
      options.workload ? options.workload() : make_workload(scenario_.workload, RngBook{scenario_.seed});
  Cluster cluster{scenario_, pools_, tiers_, platform_, *kernel, *workload, recorder};
  RunOutcome outcome;
  cluster.start();
  for (const TimePoint time : options.probe_at) {
    kernel->at(time, {Phase::observe, 1}, [&cluster, this] {
      for (std::size_t p = 0; p < pools_.size(); ++p) (void)cluster.sample(PoolId{p});
    });
  }
  bool stopped = false;
  if (scenario_.until) {
    kernel->at(TimePoint{*scenario_.until}, {Phase::observe, 2}, [&] {
      if (!cluster.idle()) stopped = outcome.reached_until = true;
    });
  }
  std::uint64_t instants = 0;
  const auto ask = [&] {
    if (++instants % kInstantsBetweenAsks != 0) return stopped;
    if (options.progress) {
      options.progress(
          {kernel->now(), static_cast<std::uint64_t>(recorder.finished_requests()), workload->expected_requests()});
    }
    if (options.interrupted && options.interrupted()) stopped = outcome.interrupted = true;
    return stopped;
  };
  kernel->run([&ask] { return ask(); });

  if (!stopped && cluster.under_way() > 0) {
    throw std::runtime_error("no progress: " + std::to_string(cluster.under_way()) +
                             " requests are under way and nothing can happen any more" + cluster.state_text());
  }
  if (stopped) cluster.abandon();
  kernel->sample_links();
  cluster.check_end_of_run(stopped);
  const std::vector<LinkUsage> usage = kernel->link_usage();
  if (!stopped) check_bytes(scenario_, platform_, usage, cluster.movements());
  if (!stopped) check_wan(cluster.wan_counts(), usage);
  recorder.check_conservation(cluster.offered());

  outcome.end = stopped ? kernel->now() : cluster.last_end();
  outcome.kernel = kernel->counters();
  outcome.cluster = cluster.counters();
  outcome.movements = cluster.movements();
  outcome.index = cluster.index_outcome();
  outcome.federation = cluster.federation_outcome();
  for (std::size_t i = 0; i < outcome.federation.links.size(); ++i) {
    const LinkUsage& link = usage[cluster.wan_counts()[i].link.index()];
    outcome.federation.links[i].bytes = link.bytes;
    outcome.federation.links[i].peak_utilisation = link.peak_utilisation;
  }
  outcome.tiers = cluster.tier_outcome();
  outcome.gc = cluster.gc_outcome();
  outcome.memory = cluster.memory_byte_seconds();
  outcome.preemptions = cluster.preemptions();
  outcome.lookups = cluster.lookups();
  outcome.abandoned_turns = workload->abandoned_turns();
  for (std::size_t p = 0; p < pools_.size(); ++p) outcome.pools.push_back(cluster.sample(PoolId{p}));
  for (std::size_t r = 0; r < platform_.replicas.size(); ++r) {
    outcome.usage.push_back(cluster.replica(ReplicaId{r}).usage());
  }
  outcome.links = link_outcomes(platform_.topology, usage);
  return outcome;
}

}  // namespace cleave

// Laws of whole runs under every scheme of reclaiming: with crashes, lost messages and clocks that are off, over
// hand-offs, fetches and tiers. What a run checks of itself (no double free, nothing freed under a valid lease, all
// within the scheme's bound, states that sum to capacity times time) aborts it.
#include "sim/scenario/describe_kv.h"
#include "tests/law/small_cluster.h"

using namespace cleave;
using namespace std::chrono_literals;

namespace {

/// Decode replicas with little memory, so that hand-offs wait for it and crashes find claims; and tiers.
Scenario cluster(GcScheme scheme) {
  Scenario scenario = small_cluster();
  for (PoolParams& pool : scenario.pools) {
    pool.engine.kv_blocks = pool.role == ReplicaRole::decode ? 320 : 900;
    pool.engine.max_model_len = Tokens{16 * 320};
  }
  scenario.transfer.decode_kv = DecodeKv::pull;
  TierParams store;
  store.name = "store";
  store.medium = "s3-rdma";
  store.scope = TierScope::region;
  store.capacity = Bytes{3} * (std::int64_t{1} << 30);
  scenario.tiers = {store};
  scenario.kv_gc.scheme = scheme;
  scenario.kv_gc.epoch = 4s;
  scenario.kv_gc.lease = 6s;
  scenario.kv_gc.holder_ttl = 5s;
  return scenario;
}

/// Often enough that each scheme's own course of events is hit while claims are open.
Scenario crashing(Scenario scenario) {
  for (int i = 0; i < 30; ++i) {
    const auto replica = static_cast<std::uint32_t>(i % 2);
    scenario.faults.push_back(CrashFault{2s + i * 700ms, "decode", replica, 300ms});
    if (i % 5 == 0) scenario.faults.push_back(CrashFault{2s + i * 700ms + 350ms, "prefill", replica, 300ms});
  }
  return scenario;
}

Scenario lossy(Scenario scenario) {
  scenario.kv_gc.message_loss = 0.2;
  scenario.kv_gc.clock_skew = 5s;
  return scenario;
}

std::string requests_of(const std::string& trace) {
  return trace.substr(0, trace.rfind("\nbusy "));
}

}  // namespace

TEST_CASE("under every scheme, with all faults at once, runs repeat to the byte and account for every claim") {
  for (const auto& [scheme, name] : EnumNames<GcScheme>::values) {
    INFO(name);
    Scenario scenario = lossy(crashing(cluster(scheme)));
    scenario.until = 10min;  // what leaks for ever may leave no memory
    const std::string trace = trace_in_child(scenario);
    CHECK(trace_in_child(scenario) == trace);
    CHECK(counter(trace, "claims") == counter(trace, "freed") + counter(trace, "died") + counter(trace, "unreclaimed"));
    CHECK(counter(trace, "orphaned") > 0);
    CHECK(counter(trace, "unnoticed") == 0);
    for (PoolParams& pool : scenario.pools) pool.engine.coalesce_decode = false;
    CHECK(trace_in_child(scenario) == trace);
  }
}

TEST_CASE("crashes alone leave nothing behind where a scheme has a bound, and free nothing that is needed") {
  for (const auto& [scheme, name] : EnumNames<GcScheme>::values) {
    INFO(name);
    Scenario scenario = crashing(cluster(scheme));
    scenario.kv_gc.grace = 60s;  // longer than anybody reads: it takes memory instead
    if (scheme == GcScheme::tombstone) scenario.pools[0].engine.kv_blocks = 40'000;
    if (scheme == GcScheme::local_count) scenario.until = 10min;
    const std::string trace = trace_in_child(scenario);
    CHECK(counter(trace, "early") == 0);
    CHECK(counter(trace, "read_under") == 0);
    CHECK(counter(trace, "orphaned") > 0);
    CHECK(counter(trace, "leaked_mb_s") > 0);
    if (scheme == GcScheme::local_count) {
      // Nobody tells the keeper; what did not die with it is there at the end.
      CHECK(counter(trace, "unreclaimed") > 0);
      CHECK(counter(trace, "unreclaimed") <= counter(trace, "orphaned"));
    } else {
      CHECK(counter(trace, "unreclaimed") == 0);
    }
  }
}

TEST_CASE("while nothing goes wrong leases and counts give the same records, and nothing is freed too early") {
  std::string first;
  for (const GcScheme scheme : {GcScheme::lease, GcScheme::local_count}) {
    const std::string trace = trace_in_child(cluster(scheme));
    CHECK(counter(trace, "claims") > 100);
    CHECK(counter(trace, "claims") == counter(trace, "freed"));
    CHECK(counter(trace, "early") == 0);
    if (first.empty()) first = requests_of(trace);
    CHECK(requests_of(trace) == first);
  }
}

TEST_CASE("a grace period shorter than a hand-off waits frees prompts too early, and they are computed again") {
  Scenario scenario = cluster(GcScheme::tombstone);
  scenario.kv_gc.grace = 20ms;
  const std::string noticed = trace_in_child(scenario);
  CHECK(counter(noticed, "early") > 0);
  CHECK(counter(noticed, "reclaimed_late") > 0);
  CHECK(counter(noticed, "unnoticed") == 0);
  scenario.kv_store.guards.validate = false;
  CHECK(counter(trace_in_child(scenario), "unnoticed") > 0);
}

TEST_CASE("a longer lease leaks more of what dead decode replicas held") {
  std::int64_t before = 0;
  for (const Duration lease : {Duration{2s}, Duration{8s}, Duration{30s}}) {
    Scenario scenario = crashing(cluster(GcScheme::lease));
    scenario.kv_gc.lease = lease;
    scenario.until = 10min;
    const std::int64_t leaked = counter(trace_in_child(scenario), "leaked_mb_s");
    CHECK(leaked > before);
    before = leaked;
  }
}

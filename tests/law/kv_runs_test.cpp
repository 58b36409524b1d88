// Laws of whole runs with a prefix index or tiers: the same bytes twice, whoever looks on, with and without faults.
#include <algorithm>

#include "tests/law/small_cluster.h"

using namespace cleave;
using namespace std::chrono_literals;

namespace {

void squeeze(Scenario& scenario, std::int64_t blocks) {
  for (PoolParams& pool : scenario.pools) {
    pool.engine.kv_blocks = blocks;
    pool.engine.max_model_len = Tokens{16 * blocks};
  }
}

TierParams tier(std::string name, std::string medium, TierScope scope, std::int64_t mebibytes) {
  TierParams params;
  params.name = std::move(name);
  params.medium = std::move(medium);
  params.scope = scope;
  params.capacity = Bytes{mebibytes << 20};
  return params;
}

Scenario tiered(Scenario scenario) {
  squeeze(scenario, 640);
  scenario.tiers = {tier("host", "dram-pcie5", TierScope::replica, 2000),
                    tier("disk", "nvme-gen4", TierScope::node, 4000),
                    tier("store", "s3-rdma", TierScope::region, 100'000)};
  return scenario;
}

std::vector<std::pair<std::string, Scenario>> variants() {
  std::vector<std::pair<std::string, Scenario>> all;
  const auto add = [&](std::string name, Scenario scenario) -> Scenario& {
    scenario.router.prefill.name = "longest_prefix";
    all.emplace_back(std::move(name), std::move(scenario));
    return all.back().second;
  };
  Scenario little = small_cluster();
  squeeze(little, 640);
  EventIndex events;
  events.delay = 20ms;
  add("index: events", little).prefix_index = events;
  events.loss = 0.2;
  events.shards = 3;
  events.speculative_ttl = 2s;
  events.restart_at = {4s};
  add("index: events lost, shards, guesses, a restart", little).prefix_index = events;
  add("index: history", little).prefix_index = HistoryIndex{};
  add("index: digest", little).prefix_index = DigestIndex{};
  add("index: lease", little).prefix_index = LeaseIndex{};
  add("kv_cost over tiers", tiered(small_cluster())).router.prefill.name = "kv_cost";
  add("tiers, mixed", tiered(mixed_cluster()));
  add("tiers, split", tiered(small_cluster()));
  Scenario& evicted = add("tiers take what is evicted", tiered(mixed_cluster()));
  for (TierParams& one : evicted.tiers) one.write = TierWrite::on_eviction;
  add("tiers, exclusive", tiered(mixed_cluster())).tiers[0].exclusive = true;
  Scenario& cheaper = add("load what is cheaper, stop in time", tiered(mixed_cluster()));
  cheaper.kv_load.rule = LoadRule::cheaper;
  cheaper.kv_load.stop = LoadStop::best_effort;
  Scenario& faults = add("tiers and faults", tiered(small_cluster()));
  faults.faults = {CrashFault{3s, "prefill", 0, 3s}, CrashFault{5s, "decode", 1, 2s},
                   LinkFault{7s, "prefill", 1, 0.0, 500ms}, LinkFault{8s, "decode", 0, 0.1, 2s}};
  Scenario& unguarded = add("tiers without guards, and faults", faults);
  unguarded.kv_store.guards = {false, false, false, false};
  unguarded.kv_store.model_changes = {6s};
  unguarded.prefix_index = EventIndex{};
  return all;
}

}  // namespace

TEST_CASE("with an index or tiers the same seed gives the same records, also when someone looks on at any moment") {
  for (const auto& [name, scenario] : variants()) {
    INFO(name);
    const std::string first = trace_in_child(scenario);
    CHECK(trace_in_child(scenario) == first);
    RunOptions looking;
    for (int i = 1; i < 200; ++i) looking.probe_at.push_back(TimePoint{i * 97ms + 13ns});
    CHECK(trace_in_child(scenario, looking) == first);
  }
}

TEST_CASE("with an index or tiers one event a stretch of decode steps gives the same records as one a step") {
  for (auto [name, scenario] : variants()) {
    INFO(name);
    const std::string coalesced = trace_in_child(scenario);
    for (PoolParams& pool : scenario.pools) pool.engine.coalesce_decode = false;
    CHECK(trace_in_child(scenario) == coalesced);
  }
}

TEST_CASE("tiers turn prompt tokens into hits that memory alone would have computed") {
  Scenario with = tiered(mixed_cluster());
  Scenario without = with;
  without.tiers.clear();
  const auto hits = [](const Scenario& scenario) {
    const std::string text = trace_in_child(scenario);
    std::int64_t sum = 0;
    for (std::size_t at = text.find(" hit "); at != std::string::npos; at = text.find(" hit ", at + 1)) {
      sum += std::stoll(text.substr(at + 5));
    }
    return sum;
  };
  CHECK(hits(with) > hits(without));
}

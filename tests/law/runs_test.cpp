// Laws of whole runs, over roles, hand-off modes, fates of decoded KV, memory pressure and faults.
#include <algorithm>
#include <map>
#include <set>
#include <sstream>

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

std::vector<std::pair<std::string, Scenario>> variants() {
  std::vector<std::pair<std::string, Scenario>> all;
  all.emplace_back("mixed", mixed_cluster());
  all.emplace_back("mixed, little memory", mixed_cluster());
  squeeze(all.back().second, 640);
  all.emplace_back("split", small_cluster());
  all.emplace_back("split, little memory", small_cluster());
  squeeze(all.back().second, 640);
  all.emplace_back("layer by layer", small_cluster());
  all.back().second.transfer.mode = HandoffMode::layerwise;
  all.emplace_back("layer by layer, little memory", small_cluster());
  all.back().second.transfer.mode = HandoffMode::layerwise;
  squeeze(all.back().second, 640);
  all.emplace_back("pull", small_cluster());
  all.back().second.transfer.decode_kv = DecodeKv::pull;
  all.emplace_back("store", small_cluster());
  all.back().second.transfer.decode_kv = DecodeKv::store;
  all.emplace_back("first token at prefill, stale signals, slow network", small_cluster());
  Scenario& slow = all.back().second;
  for (PoolParams& pool : slow.pools) pool.engine.first_token_side = FirstTokenSide::prefill;
  slow.router.signal_interval = 100ms;
  slow.network.nic_bandwidth = BytesPerSecond{2e9};
  slow.network.nodes_per_rack = 1;
  slow.network.oversubscription = 4.0;
  all.emplace_back("faults", small_cluster());
  all.back().second.faults = {CrashFault{3s, "prefill", 0, 3s}, CrashFault{5s, "decode", 1, 2s},
                              LinkFault{7s, "prefill", 1, 0.0, 500ms}, LinkFault{8s, "decode", 0, 0.1, 2s},
                              LostMessageFault{1s, "decode", 0}};
  all.emplace_back("faults while pulling", all.back().second);
  all.back().second.transfer.decode_kv = DecodeKv::pull;
  all.back().second.network.nic_bandwidth = BytesPerSecond{1e9};
  all.emplace_back("faults while storing", all.back().second);
  all.back().second.transfer.decode_kv = DecodeKv::store;
  all.emplace_back("faults, layer by layer", all[all.size() - 3].second);
  all.back().second.transfer.mode = HandoffMode::layerwise;
  all.emplace_back("answers that release the next request in the same instant", mixed_cluster());
  Scenario& instant = all.back().second;
  instant.router.prefill.name = "round_robin";
  instant.transfer.message_latency = 0ns;
  instant.workload.classes.clear();
  for (const std::int64_t output : {100, 50, 75}) {
    SyntheticParams loop;
    loop.arrivals = ClosedLoopArrivals{};
    loop.input = FixedLength{Tokens{512}};
    loop.output = FixedLength{Tokens{output}};
    loop.requests = 60;
    ClassParams cls;
    cls.name = "loop" + std::to_string(output);
    cls.model = instant.model;
    cls.traffic = loop;
    instant.workload.classes.push_back(cls);
  }
  all.emplace_back("decode memory for two at most", small_cluster());
  Scenario& tight = all.back().second;
  tight.pools[1].replicas = 1;
  tight.pools[1].engine.kv_blocks = 128;
  SyntheticParams pairs;
  pairs.arrivals = DeterministicArrivals{RequestsPerSecond{1000}};
  pairs.input = FixedLength{Tokens{1008}};
  pairs.output = FixedLength{Tokens{64}};
  pairs.requests = 120;
  tight.workload.classes[0].traffic = pairs;
  all.emplace_back("decode memory for two at most, first token at prefill", tight);
  for (PoolParams& pool : all.back().second.pools) pool.engine.first_token_side = FirstTokenSide::prefill;
  return all;
}

Scenario stepwise(Scenario scenario) {
  for (PoolParams& pool : scenario.pools) pool.engine.coalesce_decode = false;
  return scenario;
}

}  // namespace

TEST_CASE("coalesced and step-by-step runs leave the same records and decisions behind") {
  for (const auto& [name, scenario] : variants()) {
    INFO(name);
    const std::string coalesced = trace_in_child(scenario);
    REQUIRE(coalesced.size() > 8000);
    CHECK(trace_in_child(stepwise(scenario)) == coalesced);
  }
}

TEST_CASE("reading all state at random moments changes nothing") {
  RunOptions probing;
  std::uint64_t state = 5;
  for (int i = 0; i < 2000; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    probing.probe_at.push_back(TimePoint{Duration{static_cast<std::int64_t>((state >> 33) % 30'000'000'000ULL)}});
  }
  for (const auto& [name, scenario] : variants()) {
    INFO(name);
    CHECK(trace_in_child(scenario, probing) == trace_in_child(scenario));
  }
}

TEST_CASE("the same seed gives the same run, another seed another one") {
  Scenario scenario = small_cluster();
  const std::string once = trace_in_child(scenario);
  CHECK(trace_in_child(scenario) == once);
  scenario.seed = 12;
  CHECK(trace_in_child(scenario) != once);
}

TEST_CASE("how idle time is skipped and which links are solved for changes no record") {
  RunOptions plain;
  plain.kernel.skip_idle_engine = false;
  plain.kernel.prune_links = false;
  for (const auto& [name, scenario] : variants()) {
    INFO(name);
    CHECK(trace_in_child(scenario, plain) == trace_in_child(scenario));
  }
}

TEST_CASE("swapping symmetric pools changes no request's times") {
  Scenario one = mixed_cluster();
  one.pools.push_back(one.pools[0]);
  one.pools[0].name = "left";
  one.pools[1].name = "right";
  Scenario other = one;
  std::swap(other.pools[0], other.pools[1]);
  CHECK(trace_in_child(one) == trace_in_child(other));
}

TEST_CASE("a decode side without room holds up prefill, and everyone is served all the same") {
  Scenario scenario = small_cluster();
  squeeze(scenario, 640);
  const std::string trace = trace_in_child(scenario);
  CHECK(counter(trace, "waited") > 0);
  CHECK(std::count(trace.begin(), trace.end(), '\n') > 300);
}

TEST_CASE("faults are survived: what they hit is counted, retried and completed") {
  const auto all = variants();
  for (const auto& [name, scenario] : all) {
    if (name.rfind("faults", 0) != 0) continue;
    INFO(name);
    const std::string trace = trace_in_child(scenario);
    CHECK(counter(trace, "crashes") == 2);
    CHECK(counter(trace, "lost") > 0);
    CHECK(counter(trace, "messages") == 1);
    std::istringstream lines{trace};
    std::size_t requests = 0;
    std::size_t completed = 0;
    for (std::string line; std::getline(lines, line);) {
      if (line.find(" retry ") == std::string::npos) continue;
      ++requests;
      completed += line.find(" 0 ") == line.find(' ') ? 1U : 0U;  // "<id> <outcome>", 0 = completed
    }
    CHECK(requests == 300);
    CHECK(completed >= 295);
  }
}

TEST_CASE("decoded KV is reused by later turns as the scenario says") {
  const auto decode_hits = [](const std::string& trace) {
    std::int64_t sum = 0;
    for (std::size_t at = 0; (at = trace.find(" hit ", at)) != std::string::npos; ++at) {
      sum += std::stoll(trace.substr(trace.find('+', at) + 1));
    }
    return sum;
  };
  Scenario scenario = small_cluster();
  CHECK(decode_hits(trace_in_child(scenario)) == 0);
  scenario.transfer.decode_kv = DecodeKv::pull;
  const std::string pulled = trace_in_child(scenario);
  CHECK(counter(pulled, "pulls") > 0);
  CHECK(decode_hits(pulled) > 0);
  scenario.transfer.decode_kv = DecodeKv::store;
  const std::string stored = trace_in_child(scenario);
  CHECK(counter(stored, "stored") > 0);
  CHECK(decode_hits(stored) > 0);
  CHECK(decode_hits(trace_in_child(mixed_cluster())) > 0);
  Scenario dropping = mixed_cluster();
  dropping.transfer.decode_kv = DecodeKv::drop;
  CHECK(decode_hits(trace_in_child(dropping)) == 0);
}

TEST_CASE("of several faults of one link the worst counts for as long as it lasts") {
  Scenario scenario = small_cluster();
  scenario.faults = {LinkFault{2s, "prefill", 0, 0.0, 3s}, LinkFault{3s, "prefill", 0, 0.5, 1s}};
  Scenario alone = scenario;
  alone.faults.pop_back();
  CHECK(trace_in_child(scenario) == trace_in_child(alone));
}

/// Bytes that moved by prompt length, of the requests of a trace ("... PROMPT OUTPUT hit ... moved BYTES ...").
std::map<std::int64_t, std::set<std::int64_t>> moved_by_prompt(const std::string& trace) {
  std::map<std::int64_t, std::set<std::int64_t>> moved;
  std::istringstream lines(trace);
  for (std::string line; std::getline(lines, line);) {
    const auto hit = line.find(" hit ");
    const auto at = line.find(" moved ");
    if (hit == std::string::npos || at == std::string::npos) continue;
    const auto output = line.rfind(' ', hit - 1);
    moved[std::stoll(line.substr(line.rfind(' ', output - 1)))].insert(std::stoll(line.substr(at + 7)));
  }
  return moved;
}

TEST_CASE("constant state moves once with either hand-off") {
  const auto moved = [](HandoffMode mode) {
    Scenario scenario = small_cluster();
    scenario.model = "qwen3-next-80b-a3b";
    for (PoolParams& pool : scenario.pools) {
      pool.model = scenario.model;
      pool.parallel.tp = 4;
      pool.engine.enable_prefix_caching = false;
    }
    scenario.workload.classes[0].model = scenario.model;
    // Later turns come when earlier ones end: which are among the first 300 would depend on the mode.
    std::get<SyntheticParams>(scenario.workload.classes[0].traffic).session.reset();
    scenario.transfer.mode = mode;
    return moved_by_prompt(trace_in_child(scenario));
  };
  // When turns follow each other differs, and so which prompts there are: those of one length are compared.
  const auto whole = moved(HandoffMode::after_prefill);
  const auto layered = moved(HandoffMode::layerwise);
  std::size_t compared = 0;
  for (const auto& [prompt, bytes] : whole) {
    INFO(prompt << " tokens");
    CHECK(bytes.size() == 1);
    const auto other = layered.find(prompt);
    if (other == layered.end()) continue;
    CHECK(other->second == bytes);
    ++compared;
  }
  CHECK(compared > 100);
}

TEST_CASE("a request whose context fits nowhere is rejected, and the others are served") {
  Scenario scenario = small_cluster();
  squeeze(scenario, 200);
  const std::string trace = trace_in_child(scenario);
  CHECK(counter(trace, "too long") > 0);
}

TEST_CASE("a hard stop leaves the rest unfinished and counted") {
  Scenario scenario = small_cluster();
  scenario.until = 4s;
  const std::string trace = trace_in_child(scenario);
  CHECK(trace.find("end 4000000000") != std::string::npos);
  CHECK(trace == trace_in_child(stepwise(scenario)));
}

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
  add("tiers, prompts alone", tiered(mixed_cluster())).tiers[0].prompts_only = true;
  add("tiers, exclusive", tiered(mixed_cluster())).tiers[0].exclusive = true;
  Scenario& cheaper = add("load what is cheaper, stop in time", tiered(mixed_cluster()));
  cheaper.kv_load.rule = LoadRule::cheaper;
  cheaper.kv_load.stop = LoadStop::best_effort;
  add("loads at a request's turn", tiered(mixed_cluster())).kv_load.start = LoadStart::queue;
  Scenario& layers = add("loads layer by layer, a link divided by need", tiered(mixed_cluster()));
  layers.kv_load.start = LoadStart::layerwise;
  for (TierParams& one : layers.tiers) one.sharing = TierSharing::by_need;
  Scenario& split_layers = add("loads layer by layer on prefill sides that hand off so", tiered(small_cluster()));
  split_layers.kv_load.start = LoadStart::layerwise;
  split_layers.transfer.mode = HandoffMode::layerwise;
  add("loads meet computing, from routing on", tiered(mixed_cluster())).kv_load.rule = LoadRule::both;
  Scenario& meets = add("loads meet computing, from a request's turn on", tiered(small_cluster()));
  meets.kv_load = {LoadRule::both, LoadStart::queue};
  for (const LoadStart start : {LoadStart::queue, LoadStart::layerwise}) {
    Scenario& faulty = add("loads of engines, and faults", tiered(small_cluster()));
    faulty.kv_load.start = start;
    if (start == LoadStart::queue) faulty.kv_load.rule = LoadRule::both;
    faulty.faults = {CrashFault{3s, "prefill", 0, 3s}, CrashFault{5s, "decode", 1, 2s},
                     LinkFault{7s, "prefill", 1, 0.0, 500ms}, LinkFault{8s, "prefill", 0, 0.1, 2s}};
  }
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

namespace {

constexpr std::int64_t kPrefix = 32768;
constexpr std::int64_t kSuffix = 2048;

/// A prompt computed on one replica, written to a store, and asked for again, with a new end, on another.
Scenario asked_again(const KvLoadParams& load, std::string medium = "s3-rdma") {
  Scenario scenario = mixed_cluster();
  scenario.pools[0].replicas = 2;
  scenario.pools[0].engine.max_num_batched_tokens = Tokens{8192};
  scenario.router.prefill.name = "round_robin";
  scenario.tiers = {tier("store", std::move(medium), TierScope::region, 100'000)};
  scenario.kv_load = load;
  SyntheticParams traffic;
  traffic.arrivals = DeterministicArrivals{RequestsPerSecond{0.01}};
  traffic.system_prompt = Tokens{kPrefix};
  traffic.input = FixedLength{Tokens{kSuffix}};
  traffic.output = FixedLength{Tokens{1}};
  traffic.requests = 2;
  scenario.workload.classes[0].traffic = traffic;
  return scenario;
}

class LastTtft final : public RequestSink {
 public:
  void on_request(const RequestRecord& r) override { ttft = *r.first_token - r.arrival; }
  Duration ttft{};
};

Duration last_ttft(const Scenario& scenario) {
  const std::string text = in_child([&] {
    Simulation simulation{scenario, test_catalogue()};
    const auto recorder = simulation.make_recorder();
    LastTtft last;
    recorder->attach(static_cast<RequestSink&>(last));
    (void)simulation.run(*recorder, {});
    return std::to_string(last.ttft.count());
  });
  return Duration{std::stoll(text)};
}

}  // namespace

TEST_CASE("a lone prompt loaded layer by layer takes what the formula over layers says") {
  const Scenario layers = asked_again({LoadRule::longest_hit, LoadStart::layerwise});
  Scenario nothing = layers;  // everything is there already: compute alone
  nothing.pools[0].replicas = 1;
  const Duration compute = last_ttft(nothing);
  const std::vector<PoolPlan> pools = plan_pools(layers, test_catalogue());
  const TierSpec& store = test_catalogue().tier("s3-rdma");
  const double bytes = static_cast<double>(kPrefix) * pools[0].kv_bytes_per_token;
  const double load = bytes / store.read.value.value();
  const double setup = to_seconds(store.latency.value);
  constexpr double kLayers = 32;
  const double step = to_seconds(compute);
  const double expected = std::max(setup + load / kLayers + step, setup + load + step / kLayers);
  // The route's latency, a few microseconds, comes on top; the first step of a lone request has host work of its own.
  CHECK(to_seconds(last_ttft(layers)) == Approx(expected).margin(20e-6));
  CHECK(load > step);  // this one is bound by the load
}

TEST_CASE("a lone prompt that meets its load is never slower than loading or computing all of it") {
  for (const char* medium : {"s3-rdma", "s3-express", "cxl-pool", "sata-ssd", "nvme-gen4"}) {
    INFO(medium);
    const Duration loaded = last_ttft(asked_again({LoadRule::longest_hit, LoadStart::queue}, medium));
    const Duration met = last_ttft(asked_again({LoadRule::both, LoadStart::queue}, medium));
    Scenario none = asked_again({}, medium);
    none.tiers.clear();
    const Duration computed = last_ttft(none);
    CHECK(met <= std::min(loaded, computed) + 50us);  // cutting the load short costs the route's latency again
    // Layer by layer every object is read in 32 parts; where the store gathers them, nothing is lost by that.
    Scenario gathered = asked_again({LoadRule::longest_hit, LoadStart::queue}, medium);
    gathered.tiers[0].assembles = true;
    Scenario layers = gathered;
    layers.kv_load.start = LoadStart::layerwise;
    CHECK(last_ttft(layers) <= last_ttft(gathered) + 50us);
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

namespace {

class LastHit final : public RequestSink {
 public:
  void on_request(const RequestRecord& r) override { tokens = (r.hit_prompt_kv + r.hit_decode_kv).value(); }
  std::int64_t tokens = 0;
};

}  // namespace

TEST_CASE("a tier of prompts alone brings the next turn the last one's prompt, and none of its answer") {
  Scenario scenario = asked_again({LoadRule::longest_hit, LoadStart::queue});
  SyntheticParams traffic;
  traffic.arrivals = DeterministicArrivals{RequestsPerSecond{0.001}};
  traffic.input = FixedLength{Tokens{1000}};
  traffic.output = FixedLength{Tokens{320}};
  SessionParams session;
  session.turns = FixedLength{Tokens{2}};
  session.think_time = 5s;
  traffic.session = session;
  traffic.requests = 2;
  scenario.workload.classes[0].traffic = traffic;
  const auto hit = [&](bool prompts_only) {
    scenario.tiers[0].prompts_only = prompts_only;
    return std::stoll(in_child([&] {
      Simulation simulation{scenario, test_catalogue()};
      const auto recorder = simulation.make_recorder();
      LastHit last;
      recorder->attach(static_cast<RequestSink&>(last));
      (void)simulation.run(*recorder, {});
      return std::to_string(last.tokens);
    }));
  };
  CHECK(hit(true) == 62 * 16);   // of 1 000
  CHECK(hit(false) == 82 * 16);  // of 1 319: the last token of an answer is not computed
}

namespace {

/// Hits of tier `t` while it keeps to an eviction policy. The other tiers keep to their own.
std::uint64_t hits_with(Scenario scenario, std::size_t t, const char* eviction) {
  scenario.tiers[t].eviction = eviction;
  return std::stoull(in_child([&] {
    Simulation simulation{scenario, test_catalogue()};
    const auto recorder = simulation.make_recorder();
    return std::to_string(simulation.run(*recorder, {}).tiers[t].counters.hits);
  }));
}

/// Whether tier `t` hears when sessions are over: without a word of ends both orders are the same.
bool hears_of_ends(const Scenario& scenario, std::size_t t) {
  return hits_with(scenario, t, "session") != hits_with(scenario, t, "lru-b");
}

/// A cluster whose memory is small, and a tier that is small too.
Scenario with_small_tier(Scenario scenario, TierWrite write, std::int64_t mebibytes) {
  squeeze(scenario, 640);
  scenario.router.prefill.name = "longest_prefix";
  scenario.tiers = {tier("host", "dram-pcie5", TierScope::replica, mebibytes)};
  scenario.tiers[0].write = write;
  return scenario;
}

/// A replica with a small tier, flooded by sessions of two turns. Between them somebody asks for the same text, too
/// seldom for an order by use alone: it stays where those that are over go first.
Scenario flooded(TierWrite write, std::int64_t mebibytes, const SyntheticParams& first, const SessionParams& session) {
  Scenario scenario = with_small_tier(mixed_cluster(), write, mebibytes);
  scenario.pools[0].replicas = 1;
  SyntheticParams flood = first;
  flood.arrivals = DeterministicArrivals{RequestsPerSecond{2.0}};
  flood.session = session;
  flood.requests = 400;
  SyntheticParams seldom;
  seldom.arrivals = DeterministicArrivals{RequestsPerSecond{0.1}};
  seldom.system_prompt = Tokens{2048};
  seldom.input = FixedLength{Tokens{16}};
  seldom.output = FixedLength{Tokens{1}};
  seldom.requests = 10;
  ClassParams other = scenario.workload.classes[0];
  other.name = "seldom";
  other.traffic = seldom;
  scenario.workload.classes[0].traffic = flood;
  scenario.workload.classes.push_back(other);
  return scenario;
}

}  // namespace

TEST_CASE("a selective tier hears when sessions are over, also where prompts and answers share a pool") {
  CHECK(hears_of_ends(with_small_tier(mixed_cluster(), TierWrite::selective, 1000), 0));
}

TEST_CASE("of two tiers behind a replica both hear when sessions are over, where answers are decoded elsewhere") {
  Scenario scenario = with_small_tier(small_cluster(), TierWrite::through, 3000);
  scenario.tiers.push_back(tier("disk", "nvme-gen4", TierScope::node, 4000));
  CHECK(hears_of_ends(scenario, 0));
  CHECK(hears_of_ends(scenario, 1));
}

TEST_CASE("blocks that reach a tier behind another after their session's end bring the word along") {
  SyntheticParams first;  // fills no block: the last turn fills all
  first.input = FixedLength{Tokens{8}};
  first.output = FixedLength{Tokens{4}};
  SessionParams session;
  session.turns = FixedLength{Tokens{2}};
  session.new_tokens = FixedLength{Tokens{1000}};
  session.think_time = 1s;
  Scenario scenario = flooded(TierWrite::through, 100, first, session);
  scenario.tiers.push_back(tier("disk", "nvme-gen4", TierScope::node, 2000));
  CHECK(hears_of_ends(scenario, 1));
}

TEST_CASE("a tier of what memory gives up hears when sessions are over whose first turn it has") {
  SyntheticParams first;
  first.input = FixedLength{Tokens{1000}};
  first.output = FixedLength{Tokens{4}};
  SessionParams session;
  session.turns = FixedLength{Tokens{2}};
  session.new_tokens = FixedLength{Tokens{16}};
  session.think_time = 7s;  // memory gives the first turn up before
  CHECK(hears_of_ends(flooded(TierWrite::on_eviction, 1600, first, session), 0));
}

TEST_CASE("with all guards on nobody uses what is torn, unfinished or another model's, and without some do") {
  Scenario scenario = tiered(small_cluster());
  scenario.faults = {CrashFault{3s, "prefill", 0, 3s}, CrashFault{9s, "prefill", 1, 2s}};
  scenario.kv_store.model_changes = {4s, 8s, 12s, 16s, 20s};
  const auto undetected = [&] {
    return std::stoull(in_child([&] {
      Simulation simulation{scenario, test_catalogue()};
      std::uint64_t sum = 0;
      for (const TierOutcome& tier : simulation.run(*simulation.make_recorder(), {}).tiers) {
        sum += tier.counters.undetected;
      }
      return std::to_string(sum);
    }));
  };
  CHECK(undetected() == 0);
  scenario.kv_store.guards.epoch = false;
  CHECK(undetected() > 0);
}

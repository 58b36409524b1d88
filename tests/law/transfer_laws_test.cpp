// Ways to move KV, in whole runs: what each conserves and what each costs.
#include "models/sram/sram_cost.h"
#include "sim/scenario/load.h"
#include "tests/law/small_cluster.h"

using namespace cleave;
using namespace std::chrono_literals;

namespace {

/// Every way of transfer once.
std::vector<std::pair<std::string, Scenario>> ways() {
  std::vector<std::pair<std::string, Scenario>> all;
  const auto add = [&all](const char* name) -> Scenario& { return all.emplace_back(name, small_cluster()).second; };
  add("reads, a call for each descriptor").transfer.batching = Batching::each;
  add("chunk by chunk").transfer.mode = HandoffMode::chunkwise;
  Scenario& tcp = add("TCP through both hosts, one buffer of 64 MB a replica");
  tcp.transfer.protocol = "tcp";
  tcp.transfer.staging_limit = Bytes{64'000'000};
  Scenario& store = add("through an object store");
  store.transfer.protocol = "s3-http";
  store.transfer.store = "s3-express";
  Scenario& flash = add("through flash, layer by layer");
  flash.transfer.protocol = "nvme-of";
  flash.transfer.store = "flash-enclosure";
  flash.transfer.mode = HandoffMode::layerwise;
  Scenario& local = add("within a server, neighbours joined");
  local.network.pools_share_nodes = true;
  local.transfer.batching = Batching::coalesced;
  add("encoded").transfer.codec = "cachegen";
  Scenario& converted = add("other format, block size, layout and tensor parallelism");
  converted.transfer.mismatch = Mismatch::convert;
  converted.pools[1].kv_dtype = "fp8";
  converted.pools[1].engine.block_size = Tokens{64};
  converted.pools[1].block_layout = BlockLayout::block_first;
  converted.pools[1].parallel.tp = 2;
  Scenario& timed = add("time runs out at times");
  timed.network.nic_bandwidth = BytesPerSecond{2e9};
  timed.transfer.timeout = 150ms;
  timed.transfer.retry_timeout = 10ms;
  timed.transfer.max_retries = 20;
  Scenario& preempted = add("layer by layer, prompts preempted");
  preempted.transfer.mode = HandoffMode::layerwise;
  preempted.pools[0].replicas = 1;
  preempted.pools[0].engine.kv_blocks = 640;
  preempted.pools[0].engine.max_model_len = Tokens{640 * 16};
  preempted.pools[0].engine.max_num_batched_tokens = Tokens{2048};
  preempted.pools[0].engine.long_prefill_token_threshold = Tokens{256};
  SyntheticParams long_prompts;
  long_prompts.arrivals = DeterministicArrivals{RequestsPerSecond{20}};
  long_prompts.input = FixedLength{Tokens{6000}};
  long_prompts.output = FixedLength{Tokens{20}};
  long_prompts.requests = 60;
  preempted.workload.classes[0].traffic = long_prompts;
  Scenario& pulled = add("decoded KV pulled over EFA");
  pulled.transfer.protocol = "efa-read";
  pulled.transfer.decode_kv = DecodeKv::pull;
  Scenario& stored = add("decoded KV stored, one rail, layer by layer");
  stored.transfer.mode = HandoffMode::layerwise;
  stored.transfer.decode_kv = DecodeKv::store;
  stored.transfer.rails = 1;
  for (PoolParams& pool : stored.pools) pool.parallel.tp = 2;
  return all;
}

Scenario named(const std::string& name) {
  return load_scenario(std::string(CLEAVE_SOURCE_DIR) + "/scenarios/validation/" + name + ".yaml").scenario;
}

/// Mean time of the movement, in seconds, of one request of 4000 tokens that meets nobody.
double lone_handoff(Scenario scenario) {
  SyntheticParams traffic;
  traffic.arrivals = DeterministicArrivals{RequestsPerSecond{0.1}};
  traffic.input = FixedLength{Tokens{4000}};
  traffic.output = FixedLength{Tokens{4}};
  traffic.requests = 1;
  scenario.workload.classes[0].traffic = traffic;
  for (PoolParams& pool : scenario.pools) pool.replicas = 1;
  return std::stod(in_child([&] {
    Simulation simulation{scenario, test_catalogue()};
    const auto recorder = simulation.make_recorder();
    simulation.run(*recorder);
    return std::to_string(recorder->results().whole.stages->handoff);
  }));
}

}  // namespace

TEST_CASE("every way of transfer serves all requests, step by step as in stretches, and again the same") {
  for (const auto& [name, scenario] : ways()) {
    INFO(name);
    const std::string once = trace_in_child(scenario);
    CHECK(counter(once, "too long") == 0);
    CHECK(trace_in_child(scenario) == once);
    Scenario stepwise = scenario;
    for (PoolParams& pool : stepwise.pools) pool.engine.coalesce_decode = false;
    CHECK(trace_in_child(stepwise) == once);
    if (name.find("time runs out") != std::string::npos) CHECK(counter(once, "retried") > 0);
    if (name.find("preempted") != std::string::npos) CHECK(counter(once, "handoffs_preempted") > 0);
  }
}

TEST_CASE("joined descriptors beat a list of them, a list beats calls, direct beats staged, and staged beats stored") {
  Scenario scenario = small_cluster();
  const auto with = [&](auto change) {
    Scenario changed = scenario;
    change(changed);
    return lone_handoff(changed);
  };
  scenario.network.pools_share_nodes = true;
  const double joined = with([](Scenario& s) { s.transfer.batching = Batching::coalesced; });
  const double apart = with([](Scenario&) {});
  const double each = with([](Scenario& s) { s.transfer.batching = Batching::each; });
  CHECK(joined < apart);
  CHECK(apart < each);
  CHECK(apart - joined == Approx((250 - 1) * 64 * 3.36e-6).epsilon(0.01));  // blocks x (32 layers, keys and values)
  scenario.network.pools_share_nodes = false;
  const double direct = with([](Scenario&) {});
  const double staged = with([](Scenario& s) { s.transfer.protocol = "tcp"; });
  const double stored = with([](Scenario& s) {
    s.transfer.protocol = "s3-http";
    s.transfer.store = "s3-standard";
  });
  CHECK(direct < staged);
  CHECK(staged < stored);
  CHECK(stored > 0.3);  // the first byte's latency twice
}

TEST_CASE("one rail of two carries a movement at half the rate") {
  Scenario scenario = small_cluster();
  for (PoolParams& pool : scenario.pools) pool.parallel.tp = 2;
  scenario.transfer.setup = Duration{0};
  scenario.transfer.message_latency = Duration{0};
  scenario.network.nic_latency = Duration{0};
  const double both = lone_handoff(scenario);
  scenario.transfer.rails = 1;
  CHECK(lone_handoff(scenario) == Approx(2 * both).epsilon(1e-4));
}

// Source: the announcement of Trainium and Cerebras: five times the tokens of the same wafers without their prompts.
TEST_CASE("wafers freed from prompts that took four fifths of their time give four to six times the output tokens") {
  const Scenario together = named("sram-aggregated");
  const Scenario apart = named("sram-disaggregated");
  const auto seconds = [](const Scenario& scenario) {
    const std::string trace = trace_in_child(scenario);
    return std::stod(trace.substr(trace.rfind("\nend ") + 5)) * 1e-9;
  };
  const double gain = seconds(together) / seconds(apart);
  CAPTURE(gain);
  CHECK(gain >= 4);
  CHECK(gain <= 6);
  // Four fifths: the time of a prompt's tokens alone, of the time that a request costs the wafers in all.
  const LlmSpec& model = test_catalogue().llm("llama-3.1-70b");
  const DeviceSpec& wafer = test_catalogue().device("wse-3");
  ReplicaLayout layout;
  layout.pp = 4;
  layout.weights = layout.kv = Dtype::fp8;
  const auto plan = std::get<SramPlan>(plan_sram(model, wafer, layout));
  const PrefillChunk prompt{Tokens{1950}, Tokens{0}};
  const double idle_pass = sram_step(model, wafer, layout, plan, {{}, 1, Tokens{1}}).total();
  const double prefill = sram_step(model, wafer, layout, plan, {{&prompt, 1}, 0, Tokens{0}}).total() - idle_pass;
  const double per_request = seconds(together) / 4000;
  CAPTURE(prefill, per_request);
  CHECK(prefill / per_request == Approx(0.8).margin(0.05));
}

// Laws of whole runs under every engine of the catalogue.
#include <algorithm>
#include <sstream>

#include "sim/scenario/engine_profile.h"
#include "tests/law/small_cluster.h"

using namespace cleave;
using namespace std::chrono_literals;

namespace {

EngineParams engine(std::string_view name) {
  const DeviceSpec& device = test_catalogue().device("h100-sxm");
  EngineParams params =
      engine_params(*test_catalogue().find_engine(name), device.name, device.memory.size.value);
  params.max_num_batched_tokens = std::min(params.max_num_batched_tokens, Tokens{2048});
  params.max_num_seqs = std::min<std::int64_t>(params.max_num_seqs, 128);
  if (!params.enable_chunked_prefill) params.max_num_batched_tokens = Tokens{131072};
  return params;
}

std::vector<std::string> engines() {
  std::vector<std::string> names;
  for (const std::string_view name : test_catalogue().names(CatalogueKind::engine)) names.emplace_back(name);
  return names;
}

Scenario with_engine(Scenario scenario, std::string_view name, std::optional<Tokens> memory) {
  for (PoolParams& pool : scenario.pools) {
    pool.engine = engine(name);
    if (!memory) continue;
    pool.engine.kv_blocks = memory->value() / pool.engine.block_size.value();
    pool.engine.max_model_len = *memory;
  }
  return scenario;
}

/// A model whose linear attention's state is kept: mixed and split, with plenty of memory and with little.
void add_with_state(std::string_view name, std::vector<std::pair<std::string, Scenario>>& all) {
  if (!engine(name).enable_prefix_caching) return;
  for (const bool split : {false, true}) {
    for (const StateCaching caching : {StateCaching::align, StateCaching::all}) {
      // A state for each page of one token would leave no room for a prompt.
      if (caching == StateCaching::all && engine(name).kv_layout == KvLayout::radix) continue;
      Scenario scenario = with_engine(split ? small_cluster() : mixed_cluster(), name, std::nullopt);
      scenario.model = "kimi-linear-48b-a3b";
      for (ClassParams& cls : scenario.workload.classes) cls.model = scenario.model;
      for (PoolParams& pool : scenario.pools) {
        pool.model = scenario.model;
        pool.parallel.tp = 2;
        pool.engine.state_caching = caching;
        if (pool.engine.kv_layout == KvLayout::paged) pool.engine.block_size = Tokens{128};
        const std::int64_t tokens = caching == StateCaching::align ? 61440 : 2'000'000;
        pool.engine.kv_blocks = tokens / pool.engine.block_size.value();
        pool.engine.max_model_len = Tokens{10240};
      }
      all.emplace_back(std::string(name) + ", linear attention" + (split ? ", split" : ", mixed"), scenario);
    }
  }
}

/// Mixed and split, with plenty of memory and with little.
std::vector<std::pair<std::string, Scenario>> variants(std::string_view name) {
  std::vector<std::pair<std::string, Scenario>> all;
  for (const bool split : {false, true}) {
    for (const bool little : {false, true}) {
      const Scenario base = split ? small_cluster() : mixed_cluster();
      all.emplace_back(std::string(name) + (split ? ", split" : ", mixed") + (little ? ", little memory" : ""),
                       with_engine(base, name, little ? std::optional{Tokens{10240}} : std::nullopt));
    }
  }
  add_with_state(name, all);
  return all;
}

/// The same, and clients that leave: before the first token, or while they read; with more adapters than a batch may
/// have.
std::vector<std::pair<std::string, Scenario>> more_variants(std::string_view name) {
  auto all = variants(name);
  for (const bool split : {false, true}) {
    Scenario scenario = with_engine(split ? small_cluster() : mixed_cluster(), name, Tokens{10240});
    for (ClassParams& cls : scenario.workload.classes) {
      cls.adapters = 3;
      cls.client = {.patience = 1s, .exponential_patience = true, .stops_reading = 0.3};
    }
    for (PoolParams& pool : scenario.pools) {
      if (pool.engine.scheduler != SchedulerKind::static_batch) pool.engine.max_loras = 2;
    }
    all.emplace_back(std::string(name) + ", clients leave" + (split ? ", split" : ", mixed"), scenario);
  }
  return all;
}

Scenario stepwise(Scenario scenario) {
  for (PoolParams& pool : scenario.pools) pool.engine.coalesce_decode = false;
  return scenario;
}

}  // namespace

TEST_CASE("under every engine coalesced and step-by-step runs leave the same records and decisions behind") {
  for (const std::string& name : engines()) {
    for (const auto& [what, scenario] : more_variants(name)) {
      INFO(what);
      const std::string coalesced = trace_in_child(scenario);
      REQUIRE(coalesced.size() > 8000);
      CHECK(trace_in_child(stepwise(scenario)) == coalesced);
    }
  }
}

TEST_CASE("under every engine reading all state at random moments changes nothing") {
  RunOptions probing;
  std::uint64_t state = 5;
  for (int i = 0; i < 1000; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    probing.probe_at.push_back(TimePoint{Duration{static_cast<std::int64_t>((state >> 33) % 30'000'000'000ULL)}});
  }
  for (const std::string& name : engines()) {
    for (const auto& [what, scenario] : more_variants(name)) {
      INFO(what);
      CHECK(trace_in_child(scenario, probing) == trace_in_child(scenario));
    }
  }
}

TEST_CASE("under every engine, with faults too, every request that fits gets all its tokens, in order, once") {
  for (const std::string& name : engines()) {
    for (auto& [what, scenario] : variants(name)) {
      INFO(what);
      scenario.faults = {CrashFault{3s, scenario.pools.back().name, 0, 3s}};
      std::istringstream lines{trace_in_child(scenario)};
      std::size_t requests = 0;
      std::size_t completed = 0;
      for (std::string line; std::getline(lines, line);) {
        if (line.find(" retry ") == std::string::npos) continue;
        ++requests;
        completed += line.find(" 0 ") == line.find(' ') ? 1U : 0U;
      }
      CHECK(requests == 300);
      CHECK(completed >= 290);
    }
  }
}

TEST_CASE("speculation draws the same whether steps are coalesced, and pipeline stages keep every law") {
  Scenario speculating = with_engine(mixed_cluster(), "vllm-0.19", std::nullopt);
  for (PoolParams& pool : speculating.pools) pool.engine.speculation = {3, {0.8, 0.6, 0.4}};
  CHECK(trace_in_child(stepwise(speculating)) == trace_in_child(speculating));
  Scenario piped = with_engine(small_cluster(), "vllm-0.19", Tokens{10240});
  for (PoolParams& pool : piped.pools) pool.parallel.pp = 2;
  CHECK(trace_in_child(stepwise(piped)) == trace_in_child(piped));
}

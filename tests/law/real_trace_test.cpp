// The whole path on a recorded trace, where the shared data is at hand.
#include <cstdlib>
#include <filesystem>

#include "sim/scenario/load.h"
#include "tests/law/small_cluster.h"

using namespace cleave;

namespace {

std::filesystem::path data_dir() {
  const char* set = std::getenv("CLEAVE_DATA_DIR");
  return set != nullptr ? set : CLEAVE_DEFAULT_DATA_DIR;
}

bool data_is_there() {
  if (std::filesystem::exists(data_dir() / "traces/mooncake_conversation_trace.jsonl.gz")) return true;
  WARN("SKIPPED: no traces in " << data_dir());
  return false;
}

LoadedScenario load(const std::string& file, std::vector<std::string> overrides = {}) {
  return load_scenario(std::filesystem::path(CLEAVE_SOURCE_DIR) / "scenarios" / file, overrides, {data_dir(), true});
}

RunResults results_of(const Scenario& scenario) {
  Simulation simulation{scenario, test_catalogue()};
  const auto recorder = simulation.make_recorder();
  simulation.run(*recorder);
  return recorder->results();
}

}  // namespace

TEST_CASE("the conversation trace is served whole: every request, every token") {
  if (!data_is_there()) return;
  const RunResults results = results_of(load("mooncake-conversation.yaml").scenario);
  CHECK(results.whole.tally.requests.completed == 12031);
  CHECK(results.whole.tally.tokens.input == 144793823);
  CHECK(results.whole.tally.tokens.output == 4122048);
}

TEST_CASE("an unlimited cache finds as much of the conversation trace as counting does") {
  if (!data_is_there()) return;
  const RunResults results = results_of(load("validation/mooncake-prefix-hits.yaml").scenario);
  CHECK(results.whole.kv_hit_ratio.value() == Approx(0.373).margin(0.001));
  CHECK(results.whole.tally.requests.completed == 12031);
}

TEST_CASE("replaying the conversation trace step by step leaves the same records and decisions behind") {
  if (!data_is_there()) return;
  const std::vector<std::string> window{"workload.classes.conversation.traffic.first=1500"};
  Scenario scenario = load("mooncake-conversation.yaml", window).scenario;
  const std::string coalesced = trace_in_child(scenario);
  for (PoolParams& pool : scenario.pools) pool.engine.coalesce_decode = false;
  CHECK(trace_in_child(scenario) == coalesced);
}

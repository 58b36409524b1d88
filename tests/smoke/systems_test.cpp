// Each scenario of a real engine runs, serves everybody, and shows what it is there to show.
#include <nlohmann/json.hpp>

#include "tests/smoke/process.h"

using namespace cleave;

namespace {

using Json = nlohmann::json;

Json summary_of(const std::string& system, std::vector<std::string> more = {}) {
  const std::string path = std::string(CLEAVE_SOURCE_DIR) + "/scenarios/systems/" + system + ".yaml";
  std::vector<std::string> arguments{"run", path, "--no-report", "--quiet", "--format", "json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Answer answer = cleave::cleave(arguments);  // the program
  INFO(answer.err);
  REQUIRE(answer.code == 0);
  return Json::parse(answer.out);
}

}  // namespace

TEST_CASE("the vLLM scenario runs: chat goes before documents, and most of its prompts are found again") {
  const Json summary = summary_of("vllm", {"--set", "workload.classes.chat.traffic.duration=60 s", "--set",
                                           "workload.classes.documents.traffic.duration=60 s"});
  CHECK(summary["requests"]["completed"] == summary["requests"]["arrived"]);
  CHECK(summary["kv_hit_ratio_tokens"].get<double>() > 0.3);
}

TEST_CASE("the SGLang scenario runs: every prompt is handed off, layer by layer") {
  const Json summary =
      summary_of("sglang", {"--set", "workload.classes.agents.traffic.duration=60 s"});
  CHECK(summary["requests"]["completed"] == summary["requests"]["arrived"]);
  CHECK(summary["kv_hit_ratio_tokens"].get<double>() > 0.3);
}

namespace {

double tier_number(const Json& summary, const std::string& tier, const std::string& number) {
  return summary.at("storage").at(tier).at(number).get<double>();
}

Json served(const std::string& system, std::vector<std::string> more) {
  Json summary = summary_of(system, std::move(more));
  INFO(system);
  CHECK(summary["requests"]["completed"] == summary["requests"]["arrived"]);
  return summary;
}

}  // namespace

TEST_CASE("the Mooncake scenario runs: later turns find their prefix in the pool of all nodes") {
  const Json summary = served("mooncake", {"--set", "workload.classes.conversation.traffic.duration=150 s"});
  CHECK(tier_number(summary, "store", "tokens_loaded") > 0);
}

TEST_CASE("the LMCache scenario runs: what host memory has no room for comes encoded from the server") {
  const Json summary = served("lmcache", {"--set", "workload.classes.documents.traffic.duration=60 s"});
  CHECK(tier_number(summary, "cpu", "tokens_loaded") > 0);
  CHECK(tier_number(summary, "remote", "tokens_loaded") > 0);
}

TEST_CASE("the ObjectCache scenario runs: steps wait for the layers of loads, and for little else") {
  const Json summary = served("objectcache", {"--set", "workload.classes.long.traffic.duration=60 s"});
  CHECK(tier_number(summary, "store", "tokens_loaded") > 0);
  CHECK(summary["counters"]["tier_loads_with_step"] == summary["counters"]["tier_loads"]);
  CHECK(summary["counters"]["load_stall_us"].get<double>() > 0);
}

TEST_CASE("the ICMS scenario runs: NVMe gets what was asked for twice, flash of the pod everything") {
  const Json summary = served("icms", {"--set", "workload.classes.agents.traffic.duration=60 s"});
  CHECK(tier_number(summary, "g3-nvme", "written_bytes") > 0);
  CHECK(tier_number(summary, "g35-flash", "written_bytes") > tier_number(summary, "g3-nvme", "written_bytes"));
}

TEST_CASE("the CXL scenario runs: both kinds of CXL memory are read, layer by layer") {
  const Json summary = served("cxl", {"--set", "workload.classes.chat.traffic.duration=60 s"});
  CHECK(tier_number(summary, "direct", "tokens_loaded") + tier_number(summary, "pool", "tokens_loaded") > 0);
  CHECK(summary["counters"]["tier_loads_with_step"].get<double>() > 0);
}

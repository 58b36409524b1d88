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

TEST_CASE("the Dynamo scenario runs: workers compute what is short or cached, prefill replicas the rest") {
  const Json summary = summary_of("dynamo", {"--set", "workload.classes.agents.traffic.duration=30 s", "--set",
                                             "workload.classes.chat.traffic.duration=30 s"});
  CHECK(summary["requests"]["completed"] == summary["requests"]["arrived"]);
  CHECK(summary["federation"]["computed_local"] > 0);
  CHECK(summary["federation"]["computed_remote"] > 0);
  CHECK(summary["kv_hit_ratio_tokens"].get<double>() > 0.3);
}

TEST_CASE("the llm-d scenario runs: with eight tokens as the limit nearly every prompt is computed apart") {
  const Json summary = summary_of("llm-d", {"--set", "workload.classes.documents.traffic.duration=60 s"});
  CHECK(summary["requests"]["completed"] == summary["requests"]["arrived"]);
  CHECK(summary["federation"]["remote_ratio"].get<double>() > 0.9);
  CHECK(summary["kv_hit_ratio_tokens"].get<double>() > 0.5);
}

TEST_CASE("the federation runs: requests follow their prefixes to other regions, and answers come back") {
  std::vector<std::string> shorter;
  for (const char* region : {"virginia", "ireland", "tokyo"}) {
    shorter.insert(shorter.end(), {"--set", std::string("workload.classes.") + region + ".traffic.duration=2 min"});
  }
  const Json summary = summary_of("federation", shorter);
  CHECK(summary["requests"]["completed"] == summary["requests"]["arrived"]);
  CHECK(summary["federation"]["routed_away"] > 0);
  CHECK(summary["federation"]["directory_bytes"] > 0);
  CHECK(summary["federation"]["links"].size() == 6);
}

TEST_CASE("the PrfaaS scenario runs: long prompts are computed far away, and their KV comes home") {
  const Json summary = summary_of("prfaas", {"--set", "workload.classes.requests.traffic.duration=60 s", "--set",
                                             "workload.classes.requests.traffic.arrivals.clients=40", "--set",
                                             "output.warm_up=0 s"});
  CHECK(summary["requests"]["completed"] == summary["requests"]["arrived"]);
  CHECK(summary["federation"]["remote_ratio"].get<double>() == Approx(0.5).margin(0.15));
  CHECK(summary["federation"]["links"][1]["bytes"] > 1e9);
  CHECK(summary["federation"]["links"][0]["bytes"] == 0);
}

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

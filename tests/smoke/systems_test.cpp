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

TEST_CASE("the scenario of latent attention runs: every prompt is handed off, an entry crosses the network once") {
  const Json summary = summary_of("mla", {"--set", "workload.classes.reasoning.traffic.duration=40 s"});
  CHECK(summary["requests"]["completed"] == summary["requests"]["arrived"]);
  CHECK(summary["pools"][0]["kv_bytes_per_token"] == 70272);
  const double tokens = summary["tokens"]["input"].get<double>();
  CHECK(summary["kv_transferred_bytes"].get<double>() <= tokens * 70272);
  CHECK(summary["kv_transferred_bytes"].get<double>() > 0.5 * tokens * 70272);
}

TEST_CASE("the scenario of compressed attention runs: hundreds of the longest requests fit") {
  const Json summary = summary_of("csa", {"--set", "workload.classes.repositories.traffic.duration=60 s"});
  CHECK(summary["requests"]["completed"] == summary["requests"]["arrived"]);
  CHECK(summary["pools"][0]["longest_requests_at_once"].get<double>() > 100);
}

TEST_CASE("the scenario of linear attention runs: states are found again, and less than KV alone would suggest") {
  const std::vector<std::string> brief{"--set", "workload.classes.documents.traffic.duration=90 s"};
  const auto with = [&](const char* mode) {
    std::vector<std::string> more = brief;
    more.insert(more.end(), {"--set", std::string("pools.mixed.engine.state_caching=") + mode});
    return summary_of("deltanet", more);
  };
  const Json align = with("align");
  CHECK(align["requests"]["completed"] == align["requests"]["arrived"]);
  CHECK(align["pools"][0]["block_size_tokens"] == 1056);
  const double hits = align["kv_hit_ratio_tokens"].get<double>();
  CHECK(hits > 0.3);
  CHECK(with("none")["kv_hit_ratio_tokens"] == 0.0);
  CHECK(with("all")["kv_hit_ratio_tokens"].get<double>() > hits);
}

TEST_CASE("the scenario of TurboQuant runs: more fits than in sixteen bits, and the report says what it costs") {
  const std::vector<std::string> brief{"--set", "workload.classes.chat.traffic.duration=60 s"};
  const Json coded = summary_of("turboquant", brief);
  CHECK(coded["requests"]["completed"] == coded["requests"]["arrived"]);
  CHECK(coded["warnings"].dump().find("perplexity +1.2 %") != std::string::npos);
  std::vector<std::string> plain = brief;
  plain.insert(plain.end(), {"--set", "pools.mixed.kv_dtype=bf16"});
  const Json whole = summary_of("turboquant", plain);
  CHECK(whole["warnings"].dump().find("perplexity") == std::string::npos);
  const auto fit = [](const Json& summary) { return summary["pools"][0]["longest_requests_at_once"].get<double>(); };
  CHECK(fit(coded) / fit(whole) == Approx(2.6).epsilon(0.01));
}

TEST_CASE("the TensorRT-LLM scenario runs: nobody is preempted, and clients that leave are counted apart") {
  const Json summary = summary_of("tensorrt-llm", {"--set", "workload.classes.assistants.traffic.duration=60 s"});
  const Json& requests = summary["requests"];
  CHECK(summary["preemptions"] == 0);
  CHECK(requests["cancelled"].get<int>() > 0);
  CHECK(requests["completed"].get<int>() + requests["cancelled"].get<int>() == requests["arrived"].get<int>());
  CHECK(summary["counters"]["clients_stopped"].get<int>() + summary["counters"]["clients_gave_up"].get<int>() ==
        requests["cancelled"].get<int>());
}

TEST_CASE("the scenario of Trainium and Cerebras runs: prompts are handed over in chunks") {
  const Json summary = summary_of("trainium-cerebras", {"--set", "workload.classes.chat.traffic.duration=60 s"});
  CHECK(summary["requests"]["completed"] == summary["requests"]["arrived"]);
  CHECK(summary["kv_transferred_bytes"].get<double>() > 0);
}

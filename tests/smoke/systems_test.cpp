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

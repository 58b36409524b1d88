// cleave run: what it writes, prints and answers.

#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/smoke/process.h"

namespace cleave {
namespace {

using Catch::Contains;
using Json = nlohmann::json;
namespace fs = std::filesystem;

constexpr const char* kSmall = R"(
description: A small split.
pools:
  - {name: prefill, role: prefill, replicas: 2}
  - {name: decode, role: decode, replicas: 2}
workload:
  classes:
    - slo: {ttft: 2 s, tpot: 50 ms}
      traffic: {type: synthetic, arrivals: {type: poisson, rate: 4 req/s}, input: 512, output: 32, requests: 40}
)";

/// Names in a folder, hidden ones too; not what the harness itself wrote.
std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name != ".out" && name != ".err") names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// Runs a scenario in a scratch folder; keeps the folder.
struct Trial {
  Scratch scratch;
  explicit Trial(const std::string& scenario = kSmall) { write_file(scratch.path() / "small.yaml", scenario); }
  Answer run(std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"run", "small.yaml"});
    return cleave_in(scratch.path(), more);
  }
  [[nodiscard]] fs::path folder() const { return scratch.path() / "runs" / "small-s1"; }
};

TEST_CASE("a warm-up that leaves nothing to measure is said") {
  Trial trial;
  const Answer answer = trial.run({"--set", "output.warm_up=1 h"});
  REQUIRE(answer.code == 0);
  CHECK_THAT(answer.out, Contains("all 40 requests arrived within output.warm_up"));
  CHECK_THAT(trial.run({"--set", "output.warm_up=0 s", "--quiet"}).out, !Contains("output.warm_up"));
}

TEST_CASE("samples of the time series are a millisecond apart at least") {
  Trial trial;
  const Answer answer = trial.run({"--set", "output.timeseries_interval=1 ns"});
  CHECK(answer.code == 2);
  CHECK_THAT(answer.err, Contains("timeseries_interval") && Contains("at least"));
}

TEST_CASE("a run writes its folder, names the report and prints a summary") {
  Trial trial;
  const Answer answer = trial.run();
  INFO(answer.err);
  REQUIRE(answer.code == 0);
  CHECK(answer.err.empty());
  CHECK_THAT(answer.out, Contains("report: runs/small-s1/report.html") && Contains("40 offered: 40 completed") &&
                             Contains("KV blocks per replica") && Contains("TTFT"));
  CHECK(names_in(trial.folder()) == std::vector<std::string>{"manifest.json", "report.html", "requests.csv",
                                                             "scenario.yaml", "summary.json", "timeseries.csv"});
  CHECK(names_in(trial.scratch.path() / "runs") == std::vector<std::string>{"small-s1"});
}

TEST_CASE("the report needs nothing from outside itself") {
  Trial trial;
  REQUIRE(trial.run().code == 0);
  const std::string report = read_file(trial.folder() / "report.html");
  CHECK_THAT(report,
             Contains("<html") && !Contains("<script src") && !Contains("href=\"http") && !Contains("src=\"http"));
}

TEST_CASE("with --format json standard output is summary.json with every promised key") {
  Trial trial;
  const Answer answer = trial.run({"--format", "json"});
  REQUIRE(answer.code == 0);
  CHECK(answer.out == read_file(trial.folder() / "summary.json"));
  const Json summary = Json::parse(answer.out);
  for (const char* key : {"arrived", "completed", "rejected", "failed"}) CHECK(summary["requests"].contains(key));
  for (const char* key : {"input", "output"}) CHECK(summary["tokens"].contains(key));
  for (const char* metric : {"ttft_s", "tpot_s", "itl_s", "e2e_s"}) {
    for (const char* key : {"mean", "p50", "p90", "p95", "p99"}) CHECK(summary[metric][key].is_number());
  }
  for (const char* key :
       {"goodput_req_per_s", "slo_attainment", "kv_hit_ratio_tokens", "simulated_s", "events", "flows"}) {
    CHECK(summary[key].is_number());
  }
  for (const Json& pool : summary["pools"]) {
    CHECK(pool["utilisation"].is_number());
    CHECK(pool["cost_usd"].is_number());
  }
  CHECK(summary["tokens"]["input"] == 40 * 512);
}

TEST_CASE("the same scenario and seed give the same bytes, another seed gives others") {
  Trial trial;
  REQUIRE(trial.run({"--out", "a"}).code == 0);
  REQUIRE(trial.run({"--out", "b"}).code == 0);
  REQUIRE(trial.run({"--out", "c", "--seed", "2"}).code == 0);
  const fs::path root = trial.scratch.path();
  for (const std::string& name : names_in(root / "a")) {
    INFO(name);
    CHECK(read_file(root / "a" / name) == read_file(root / "b" / name));
  }
  CHECK(read_file(root / "a" / "requests.csv") != read_file(root / "c" / "requests.csv"));
}

TEST_CASE("the resolved scenario in the folder runs to the same results") {
  Trial trial;
  REQUIRE(trial.run({"--out", "a"}).code == 0);
  REQUIRE(cleave_in(trial.scratch.path(), {"run", "a/scenario.yaml", "--out", "b"}).code == 0);
  CHECK(read_file(trial.scratch.path() / "a" / "requests.csv") ==
        read_file(trial.scratch.path() / "b" / "requests.csv"));
}

TEST_CASE("the flag --set overrides a value, and a wrong one is refused by name") {
  Trial trial;
  const Answer answer = trial.run({"--set", "pools.decode.replicas=3", "--set", "name=three", "--format", "json"});
  REQUIRE(answer.code == 0);
  CHECK(Json::parse(answer.out)["pools"][1]["replicas"] == 3);
  CHECK(fs::exists(trial.scratch.path() / "runs" / "three-s1"));
  const Answer wrong = trial.run({"--set", "pools.decode.replica=3"});
  CHECK(wrong.code == 2);
  CHECK_THAT(wrong.err, Contains("did you mean `replicas`?"));
}

TEST_CASE("the flag --no-report writes no folder") {
  Trial trial;
  REQUIRE(trial.run({"--no-report"}).code == 0);
  CHECK(names_in(trial.scratch.path()) == std::vector<std::string>{"small.yaml"});
  CHECK(trial.run({"--no-report", "--out", "x"}).code == 2);
}

TEST_CASE("a second run replaces the first, but nothing that is not a run") {
  Trial trial;
  REQUIRE(trial.run({"--out", "a"}).code == 0);
  REQUIRE(trial.run({"--out", "a", "--seed", "2"}).code == 0);
  CHECK_THAT(read_file(trial.scratch.path() / "a" / "summary.json"), Contains("\"seed\": 2"));
  write_file(trial.scratch.path() / "mine" / "thesis.txt", "years of work");
  CHECK(trial.run({"--out", "mine"}).code == 2);
  CHECK(read_file(trial.scratch.path() / "mine" / "thesis.txt") == "years of work");
}

TEST_CASE("bad input ends with exit code 2, one clear diagnostic and no folder") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"pools: [{name: a, rplicas: 2}]\n", "did you mean `replicas`?"},
      {"pools: [{name: a}]\nworkload: {classes: [{traffic: {type: trace, path: absent.jsonl}}]}\n", "absent.jsonl"},
      {"\xff\xfe", "UTF-8"},
      {"a: [", "small.yaml"},
      {std::string(kSmall) + "seed: 1\nseed: 2\n", "seed"},
      {std::string(kSmall) + "model: llama-3.1-405b\n", "llama-3.1-405b"},
  };
  for (const auto& [scenario, said] : cases) {
    Trial trial(scenario);
    const Answer answer = trial.run();
    INFO(scenario << "\n" << answer.err);
    CHECK(answer.code == 2);
    CHECK_THAT(answer.err, Contains(said));
    CHECK(answer.out.empty());
    CHECK(names_in(trial.scratch.path()) == std::vector<std::string>{"small.yaml"});
  }
  CHECK(cleave({"run", "nowhere.yaml"}).code == 2);
}

TEST_CASE("a trace that breaks off midway leaves no folder behind") {
  Trial trial(R"(
pools: [{name: all}]
workload: {classes: [{traffic: {type: trace, format: azure, path: trace.csv}}]}
)");
  write_file(trial.scratch.path() / "trace.csv",
             "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.68,374,44\n2023-11-16 18:15:47.68,374\n");
  const Answer answer = trial.run();
  INFO(answer.err);
  CHECK(answer.code == 2);
  CHECK_THAT(answer.err, Contains("trace.csv:"));
  CHECK(names_in(trial.scratch.path()) == std::vector<std::string>{"small.yaml", "trace.csv"});
}

TEST_CASE("an interrupted run writes what it has and says so") {
  Trial trial(std::string(kSmall) + "seed: 1\n");
  const pid_t child = start_cleave({"run", "small.yaml", "--set", "workload.classes[0].traffic.requests=100000000",
                                    "--set", "output.requests_csv=false"},
                                   trial.scratch.path());
  std::this_thread::sleep_for(std::chrono::milliseconds{1500});
  REQUIRE(::kill(child, SIGINT) == 0);
  const Answer answer = wait_for(child, trial.scratch.path());
  INFO(answer.err);
  CHECK(answer.code == 130);
  CHECK_THAT(answer.out, Contains("interrupted"));
  CHECK(Json::parse(read_file(trial.folder() / "summary.json"))["interrupted"] == true);
}

TEST_CASE("results that do not fit on the disk end with exit code 3 and leave no folder") {
  Trial trial;
  // A limit on the size of files stands for a full disk; the shell ignores its signal, so that writing fails instead.
  const std::string command = "cd " + trial.scratch.path().string() +
                              " && bash -c \"trap '' XFSZ; ulimit -f 4; " CLEAVE_PROGRAM
                              " run small.yaml\" > said 2>&1";
  const int status = std::system(command.c_str());
  const std::string said = read_file(trial.scratch.path() / "said");
  INFO(said);
  CHECK(WEXITSTATUS(status) == 3);
  CHECK_THAT(said, Contains("cannot write"));
  CHECK(names_in(trial.scratch.path()) == std::vector<std::string>{"said", "small.yaml"});
}

TEST_CASE("output that cannot be written is a shortage, not a success") {
  Trial trial;
  const std::string command = std::string("cd ") + trial.scratch.path().string() +
                              " && " CLEAVE_PROGRAM " run small.yaml --no-report > /dev/full 2> said";
  const int status = std::system(command.c_str());
  CHECK(WEXITSTATUS(status) == 3);
  CHECK_THAT(read_file(trial.scratch.path() / "said"), Contains("standard output"));
}

}  // namespace
}  // namespace cleave

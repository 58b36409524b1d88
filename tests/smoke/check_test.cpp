// cleave compare and check: verdicts, their exit codes, and every form in which they are told.

#include <nlohmann/json.hpp>

#include "tests/smoke/process.h"

namespace cleave {
namespace {

using Catch::Contains;
using Json = nlohmann::json;

// Two replicas and conversations: where a prompt is sent decides how much of it is cached.
constexpr const char* kScenario =
    "pools: [{name: all, replicas: 2}]\n"
    "router: {prefill: longest_prefix}\n"
    "workload: {classes: [{slo: {ttft: 1 s}, traffic: {type: synthetic, input: 800, output: 20, requests: 150,\n"
    "  arrivals: {type: poisson, rate: 4 req/s},\n"
    "  session: {turns: 4, new_tokens: 200, think_time: 1 s}}}]}\n";

constexpr const char* kCheck =
    "scenarios: [base.yaml]\n"
    "replicates: 8\n"
    "metrics:\n"
    "  - {metric: ttft_s.mean, better: lower, margin: 3 %}\n"
    "  - {metric: kv_hit_ratio_tokens, better: higher, margin: 1 %}\n"
    "  - {metric: slo_attainment, better: higher, margin: 0.02}\n";

struct Gate {
  Scratch scratch;
  explicit Gate(const std::string& head, const std::string& scenario = kScenario) {
    write_file(scratch.path() / "base.yaml", scenario);
    write_file(scratch.path() / "gate.yaml", kCheck + head);
  }
  [[nodiscard]] Answer run(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"check", "gate.yaml", "--quiet"});
    return cleave_in(scratch.path(), more);
  }
};

TEST_CASE("a deliberately worse routing policy is caught, and told in every form") {
  const Gate gate("head: {name: random routing, set: {router.prefill: random}}\n");
  const Answer answer = gate.run({"--markdown", "m.md", "--junit", "j.xml", "--json", "c.json", "--annotate"});
  INFO(answer.out << answer.err);
  CHECK(answer.code == 4);
  CHECK_THAT(answer.out, Contains("worse") && Contains("::error file=gate.yaml,title=cleave gate::"));
  const std::string markdown = read_file(gate.scratch.path() / "m.md");
  CHECK_THAT(markdown, Contains("| `kv_hit_ratio_tokens` |") && Contains("**worse**") && Contains("random routing"));
  const std::string junit = read_file(gate.scratch.path() / "j.xml");
  CHECK_THAT(junit, Contains("<testsuite ") && Contains("tests=\"3\"") && Contains("<failure type=\"worse\""));
  const Json json = Json::parse(read_file(gate.scratch.path() / "c.json"));
  CHECK(json["verdict"] == "worse");
  CHECK(json["scenarios"][0]["metrics"][1]["paired"] == true);
}

TEST_CASE("the example's deliberately worse eviction policy is caught") {
  const std::string example = std::string(CLEAVE_SOURCE_DIR) + "/scenarios/studies/eviction.check.yaml";
  const Answer answer = cleave({"check", example, "--quiet"});
  INFO(answer.out << answer.err);
  CHECK(answer.code == 4);
  CHECK_THAT(answer.out, Contains("kv_hit_ratio_tokens") && !Contains("overloaded"));
}

TEST_CASE("a policy against itself is no worse, and the gate is open") {
  const Answer answer = Gate("").run();
  INFO(answer.out << answer.err);
  CHECK(answer.code == 0);
  CHECK_THAT(answer.out, Contains("no worse"));
}

TEST_CASE("a better policy passes and is called better") {
  const Gate gate("base: {set: {router.prefill: random}}\n");
  const Answer answer = gate.run({"--format", "json"});
  CHECK(answer.code == 0);
  CHECK(Json::parse(answer.out)["scenarios"][0]["metrics"][1]["verdict"] == "better");
}

TEST_CASE("a kept baseline stands in for the base") {
  const Gate gate("head: {set: {router.prefill: random}}\n");
  write_file(gate.scratch.path() / "good.yaml", kCheck);
  const auto check = [&](const char* file) {
    return cleave_in(gate.scratch.path(), {"check", file, "--quiet", "--baseline", "kept.json"});
  };
  CHECK_THAT(check("gate.yaml").err, Contains("kept.json"));
  CHECK(check("gate.yaml").code == 2);
  REQUIRE(cleave_in(gate.scratch.path(), {"check", "good.yaml", "--quiet", "--write-baseline", "kept.json"}).code == 0);
  CHECK(check("good.yaml").code == 0);
  CHECK(check("gate.yaml").code == 4);
}

TEST_CASE("another program can run a side") {
  const Gate gate("");
  const Answer answer = gate.run({"--base-program", CLEAVE_PROGRAM, "--replicates", "3"});
  INFO(answer.out << answer.err);
  CHECK(answer.code == 0);
  const Answer broken = gate.run({"--head-program", "/bin/false", "--replicates", "3"});
  CHECK(broken.code == 5);
  CHECK_THAT(broken.out, Contains("runs of the head failed"));
}

TEST_CASE("what cannot be told fails closed") {
  const Gate noisy("head: {set: {router.prefill: round_robin}}\nbase: {set: {router.prefill: random}}\n");
  write_file(noisy.scratch.path() / "gate.yaml",
             "scenarios: [base.yaml]\nreplicates: 2\nhead: {set: {router.prefill: random}}\n"
             "base: {set: {router.prefill: round_robin}}\n"
             "metrics: [{metric: ttft_s.max, better: lower, margin: 0.01 %}]\n");
  CHECK(noisy.run().code == 5);
  const Gate unknown("");
  write_file(unknown.scratch.path() / "gate.yaml",
             "scenarios: [base.yaml]\nmetrics: [{metric: ttft_s.p98, better: lower}]\n");
  const Answer answer = unknown.run();
  CHECK(answer.code == 5);
  CHECK_THAT(answer.out, Contains("no such value") && Contains("ttft_s.p9"));
  const Gate broken("head: {set: {router.prefil: random}}\n");
  CHECK(broken.run().code == 5);
}

TEST_CASE("a check file's mistakes are told at their place") {
  const Gate gate("replicate: 3\n");
  CHECK(gate.run().code == 2);
  CHECK_THAT(gate.run().err, Contains("gate.yaml:7:1") && Contains("did you mean `replicates`?"));
  write_file(gate.scratch.path() / "gate.yaml",
             "scenarios: [base.yaml]\nmetrics: [{metric: m, better: lower, margin: much}]\n");
  CHECK_THAT(gate.run().err, Contains("margin") && Contains("much"));
}

TEST_CASE("compare needs no file") {
  const Gate gate("");
  const Answer answer =
      cleave_in(gate.scratch.path(), {"compare", "base.yaml", "--set-head", "router.prefill=random", "--metric",
                                      "kv_hit_ratio_tokens:higher:1%", "--replicates", "4", "--quiet"});
  INFO(answer.out << answer.err);
  CHECK(answer.code == 4);
  CHECK_THAT(answer.out, Contains("router.prefill=random"));
  CHECK(cleave_in(gate.scratch.path(), {"compare", "base.yaml", "--metric", "x"}).code == 2);
}

}  // namespace
}  // namespace cleave

// cleave compare and check: verdicts, their exit codes, and every form in which they are told.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/smoke/process.h"

namespace cleave {
namespace {

using Catch::Contains;
using Json = nlohmann::json;
namespace fs = std::filesystem;

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

TEST_CASE("a baseline says what made it, and one of a scenario that has changed since compares nothing") {
  const Gate gate("");
  const fs::path folder = gate.scratch.path();
  REQUIRE(gate.run({"--write-baseline", "kept.json"}).code == 0);
  const Json kept = Json::parse(read_file(folder / "kept.json"));
  CHECK_THAT(kept["program"].get<std::string>(), Contains("+"));
  CHECK(kept["scenarios"][0]["hash"].get<std::string>().size() == 16);
  CHECK(kept["scenarios"][0]["runs"].size() == 8);
  CHECK(kept["scenarios"][0]["runs"][7]["seed"] == 8);
  write_file(folder / "base.yaml", "description: names and seeds do not matter\nseed: 9\n" + std::string(kScenario));
  CHECK(gate.run({"--baseline", "kept.json"}).code == 0);
  std::string other = kScenario;
  other.replace(other.find("think_time: 1 s"), 15, "think_time: 2 s");
  write_file(folder / "base.yaml", other);
  const Answer changed = gate.run({"--baseline", "kept.json"});
  CHECK(changed.code == 5);
  CHECK_THAT(changed.out, Contains("base.yaml has changed since the baseline was made"));
  write_file(folder / "kept.json", "{\"kind\": \"cleave baseline\", \"scenarios\": [{\"scenario\": \"base.yaml\"}]}");
  const Answer torn = gate.run({"--baseline", "kept.json"});
  CHECK(torn.code == 2);
  CHECK_THAT(torn.err, Contains("lacks a part of a baseline"));
}

// --- results of sweeps -------------------------------------------------------------------------------------------

constexpr const char* kStudy =
    "scenario: base.yaml\n"
    "axes:\n"
    "  - {type: grid, over: {router.prefill: [longest_prefix, random],\n"
    "      \"workload.classes[0].traffic.input\": [600, 800]}}\n"
    "replicates: 6\n";

struct Results {
  Scratch scratch;
  Results() {
    write_file(scratch.path() / "base.yaml", kScenario);
    sweep("all.db", kStudy);
  }
  void sweep(const std::string& file, const std::string& study) const {
    write_file(scratch.path() / "study.yaml", study);
    REQUIRE(cleave_in(scratch.path(), {"sweep", "study.yaml", "--out", file, "--quiet"}).code == 0);
  }
  [[nodiscard]] Answer compare(std::vector<std::string> more) const {
    more.insert(more.begin(), "compare");
    more.insert(more.end(), {"--metric", "kv_hit_ratio_tokens:higher:1%"});
    return cleave_in(scratch.path(), more);
  }
};

TEST_CASE("two selections of a sweep are compared point by point, paired by seed") {
  const Results results;
  const Answer answer = results.compare({"all.db", "--where-base", "router.prefill.policy = 'longest_prefix'",
                                         "--where-head", "router.prefill.policy = 'random'", "--format", "json"});
  INFO(answer.out << answer.err);
  CHECK(answer.code == 4);
  const Json json = Json::parse(answer.out);
  REQUIRE(json["scenarios"].size() == 2);
  CHECK(json["scenarios"][0]["scenario"] == "workload.classes[0].traffic.input 600");
  CHECK(json["scenarios"][1]["scenario"] == "workload.classes[0].traffic.input 800");
  for (const Json& point : json["scenarios"]) {
    CHECK(point["metrics"][0]["paired"] == true);
    CHECK(point["metrics"][0]["verdict"] == "worse");
  }
  CHECK(results.compare({"all.db"}).code == 0);  // with itself
}

TEST_CASE("a point that one of two sweeps lacks is inconclusive, never left out") {
  const Results results;
  std::string fewer = kStudy;
  fewer.replace(fewer.find("[600, 800]"), 10, "[600]");
  results.sweep("fewer.db", fewer);
  const Answer answer = results.compare({"all.db", "fewer.db", "--format", "json"});
  INFO(answer.out << answer.err);
  CHECK(answer.code == 5);
  const Json json = Json::parse(answer.out);
  CHECK(json["scenarios"].size() == 4);
  CHECK(std::count_if(json["scenarios"].begin(), json["scenarios"].end(),
                      [](const Json& point) { return point["metrics"][0]["verdict"] == "inconclusive"; }) == 2);
}

TEST_CASE("of many points a tally is shown, and what does not pass") {
  const Results results;
  std::string many = kStudy;
  many.replace(many.find("[600, 800]"), 10, "[500, 600, 700, 800]");
  results.sweep("many.db", many);
  const Answer answer = results.compare({"many.db", "--markdown", "m.md"});
  CHECK(answer.code == 0);
  CHECK_THAT(answer.out, Contains("8 points") && Contains("no worse") && !Contains("input 500"));
  CHECK_THAT(read_file(results.scratch.path() / "m.md"), Contains("| `kv_hit_ratio_tokens` | 0 | 8 | 0 | 0 |"));
}

TEST_CASE("a selection of nothing, and flags for runs that are not made, are told") {
  const Results results;
  const std::string drop = "router.prefill.policy = 'round'";
  CHECK_THAT(results.compare({"all.db", "--where-base", drop}).err, Contains("no point is selected"));
  CHECK_THAT(results.compare({"all.db", "--where-base", "router.prefil.policy = 'random'"}).err,
             Contains("the scenario has no `router.prefil.policy`"));
  CHECK_THAT(results.compare({"all.db", "--replicates", "4"}).err, Contains("nothing is run"));
  CHECK_THAT(results.compare({"base.yaml", "--where-base", drop}).err, Contains("base.yaml holds none"));
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

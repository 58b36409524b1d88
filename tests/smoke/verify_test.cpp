// cleave verify: pass, fail, skip, and the exit code of each.

#include <nlohmann/json.hpp>

#include "tests/smoke/process.h"

namespace cleave {
namespace {

using Catch::Contains;
using Json = nlohmann::json;

constexpr const char* kScenario =
    "pools: [{name: all}]\n"
    "workload: {classes: [{traffic: {type: synthetic, input: 100, output: 5, requests: 10}}]}\n";

std::string expect(const std::string& value) {
  return "checks:\n  - {what: prompt tokens, path: /tokens/input, expected: " + value + ", source: ten times 100}\n";
}

TEST_CASE("verify passes, shows the simulated value and its source, and ends with 0") {
  const Scratch scratch;
  write_file(scratch.path() / "s" / "a.yaml", kScenario);
  write_file(scratch.path() / "s" / "a.expect.yaml", expect("1000"));
  write_file(scratch.path() / "s" / "b" / "scenario.yaml", kScenario);
  write_file(scratch.path() / "s" / "b" / "expect.yaml", expect("1000"));
  const Answer answer = cleave_in(scratch.path(), {"verify", "s"});
  INFO(answer.err);
  CHECK(answer.code == 0);
  CHECK_THAT(answer.out, Contains("PASS") && Contains("simulated 1000") && Contains("ten times 100") &&
                             Contains("2 scenarios passed, 0 failed, 0 skipped"));
}

TEST_CASE("a value outside its tolerance fails the gate with 4, and the other scenarios still run") {
  const Scratch scratch;
  write_file(scratch.path() / "a.yaml", kScenario);
  write_file(scratch.path() / "a.expect.yaml", expect("999"));
  write_file(scratch.path() / "b.yaml", kScenario);
  write_file(scratch.path() / "b.expect.yaml", expect("1000"));
  const Answer answer = cleave_in(scratch.path(), {"verify", ".", "--format", "json"});
  CHECK(answer.code == 4);
  const Json report = Json::parse(answer.out);
  CHECK(report["failed"] == 1);
  CHECK(report["passed"] == 1);
  CHECK(report["scenarios"][0]["checks"][0]["simulated"] == 1000);
  CHECK(report["scenarios"][0]["status"] == "fail");
}

TEST_CASE("the flag --only chooses scenarios by a part of their path") {
  const Scratch scratch;
  write_file(scratch.path() / "a.yaml", kScenario);
  write_file(scratch.path() / "a.expect.yaml", expect("999"));
  write_file(scratch.path() / "b.yaml", kScenario);
  write_file(scratch.path() / "b.expect.yaml", expect("1000"));
  const Answer answer = cleave_in(scratch.path(), {"verify", ".", "--only", "b.yaml"});
  CHECK(answer.code == 0);
  CHECK_THAT(answer.out, Contains("1 scenarios passed"));
}

TEST_CASE("a scenario whose data is absent is skipped, and nothing but skips is inconclusive") {
  const Scratch scratch;
  write_file(scratch.path() / "data" / "other.txt", "");
  write_file(scratch.path() / "a.yaml",
             "pools: [{name: all}]\n"
             "workload: {classes: [{traffic: {type: trace, format: azure, path: \"${CLEAVE_DATA_DIR}/t.csv\"}}]}\n");
  write_file(scratch.path() / "a.expect.yaml", expect("5"));
  const Answer answer = cleave_in(scratch.path(), {"verify", ".", "--data", "data"});
  INFO(answer.err);
  CHECK(answer.code == 5);
  CHECK_THAT(answer.out, Contains("SKIPPED") && Contains("t.csv"));
  write_file(scratch.path() / "data" / "t.csv",
             "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.68,3,1\n2023-11-16 18:15:47.68,2,1\n");
  const Answer found = cleave_in(scratch.path(), {"verify", ".", "--data", "data"});
  INFO(found.out << found.err);
  CHECK(found.code == 0);
}

TEST_CASE("a broken expect file, a missing scenario and a missing folder are bad input") {
  const Scratch scratch;
  write_file(scratch.path() / "a" / "a.yaml", kScenario);
  write_file(scratch.path() / "a" / "a.expect.yaml", "checks: [{path: x}]\n");
  write_file(scratch.path() / "b" / "b.expect.yaml", expect("1"));
  CHECK(cleave_in(scratch.path(), {"verify", "a"}).code == 2);
  CHECK_THAT(cleave_in(scratch.path(), {"verify", "b"}).err, Contains("b.yaml"));
  CHECK(cleave_in(scratch.path(), {"verify", "c"}).code == 2);
}

}  // namespace
}  // namespace cleave

// cleave trace stats|validate|convert on the committed fixtures.

#include <nlohmann/json.hpp>

#include "tests/smoke/process.h"

namespace cleave {
namespace {

using Catch::Contains;
using Json = nlohmann::json;

std::string fixture(const std::string& name) {
  return (std::filesystem::path(CLEAVE_SOURCE_DIR) / "tests" / "fixtures" / "traces" / name).string();
}

TEST_CASE("stats tells the format of each fixture by itself, in text and JSON") {
  for (const std::string& name : std::vector<std::string>{"mooncake.jsonl", "mooncake.jsonl.gz", "azure.csv",
                                                          "burstgpt.csv", "cleave.csv", "agentic.jsonl"}) {
    INFO(name);
    const Answer text = cleave({"trace", "stats", fixture(name)});
    CHECK(text.code == 0);
    CHECK_THAT(text.out, Contains("requests"));
    const Answer json = cleave({"trace", "stats", fixture(name), "--format", "json"});
    REQUIRE(json.code == 0);
    CHECK(Json::parse(json.out)["requests"] > 0);
  }
}

TEST_CASE("validate passes a sound trace and names the line of every mistake of a damaged one") {
  CHECK(cleave({"trace", "validate", fixture("azure.csv")}).code == 0);
  const Scratch scratch;
  write_file(scratch.path() / "bad.csv",
             "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.6805900,374,44\nnonsense,1,1\n"
             "2023-11-16 18:15:50.9951690,x,44\n");
  const Answer answer = cleave_in(scratch.path(), {"trace", "validate", "bad.csv"});
  CHECK(answer.code == 2);
  CHECK_THAT(answer.err, Contains("bad.csv:3") && Contains("bad.csv:4"));
}

TEST_CASE("convert writes a trace that says the same, and overwrites only when told to") {
  const Scratch scratch;
  REQUIRE(cleave_in(scratch.path(), {"trace", "convert", fixture("mooncake.jsonl"), "--out", "t.csv.gz"}).code == 0);
  const Json before = Json::parse(cleave({"trace", "stats", fixture("mooncake.jsonl"), "--format", "json"}).out);
  const Json after = Json::parse(cleave_in(scratch.path(), {"trace", "stats", "t.csv.gz", "--format", "json"}).out);
  CHECK(before["requests"] == after["requests"]);
  CHECK(cleave_in(scratch.path(), {"trace", "convert", fixture("mooncake.jsonl"), "--out", "t.csv.gz"}).code == 2);
  CHECK(
      cleave_in(scratch.path(), {"trace", "convert", fixture("mooncake.jsonl"), "--out", "t.csv.gz", "--force"}).code ==
      0);
}

TEST_CASE("a trace that is not there, or of no known format, is bad input") {
  const Scratch scratch;
  CHECK(cleave_in(scratch.path(), {"trace", "stats", "absent.jsonl"}).code == 2);
  write_file(scratch.path() / "odd.txt", "hello\n");
  CHECK(cleave_in(scratch.path(), {"trace", "stats", "odd.txt"}).code == 2);
}

}  // namespace
}  // namespace cleave

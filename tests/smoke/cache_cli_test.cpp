// cleave cache as a user types it.

#include <nlohmann/json.hpp>

#include "tests/smoke/process.h"

namespace cleave {
namespace {

using Catch::Contains;
using Json = nlohmann::json;

const std::string kTrace = (std::filesystem::path(CLEAVE_SOURCE_DIR) / "tests/fixtures/traces/mooncake.jsonl").string();

TEST_CASE("cache prints a row for each policy and capacity, the same on every run") {
  const std::vector<std::string> words = {"cache",      kTrace,   "--policy", "lru,arc,belady",
                                          "--capacity", "20,50%", "--format", "json"};
  const Answer answer = cleave(words);
  REQUIRE(answer.code == 0);
  CHECK(answer.err.empty());
  const Json rows = Json::parse(answer.out);
  REQUIRE(rows.size() == 6);
  for (const char* key : {"policy", "capacity_blocks", "accesses", "hits", "leading_run_hits", "crc"}) {
    CHECK(rows[0].contains(key));
  }
  CHECK(cleave(words).out == answer.out);
}

TEST_CASE("cache with its defaults, as text and as a curve") {
  const Answer answer = cleave({"cache", kTrace});
  CHECK(answer.code == 0);
  CHECK_THAT(answer.out, Contains("lru") && Contains("leading runs"));
  CHECK(cleave({"cache", kTrace, "--curve", "--policy", "lru-b,sieve"}).code == 0);
  CHECK(cleave({"cache", kTrace, "--policy", "ttl", "--ttl", "90 s", "--seed", "3", "--format", "csv"}).code == 0);
}

TEST_CASE("cache refuses what it cannot do, with one clear line and exit code 2") {
  const std::vector<std::vector<std::string>> bad = {
      {"cache"},
      {"cache", "absent.jsonl"},
      {"cache", kTrace, "--policy", "lruu"},
      {"cache", kTrace, "--capacity", "many"},
      {"cache", kTrace, "--ttl", "5"},
      {"cache", kTrace, "--ttl", "0 s"},
      {"cache", kTrace, "--block-size", "0"},
      {"cache", kTrace, "--format", "xml"},
      {"cache", kTrace, "--trace-format", "azure"},
      {"cache", kTrace, "--seed", "-1"},
      {"cache", kTrace, "--polcy", "lru"},
  };
  for (const std::vector<std::string>& words : bad) {
    const Answer answer = cleave(words);
    INFO(words.back() << ": " << answer.err);
    CHECK(answer.code == 2);
    CHECK(answer.out.empty());
    CHECK_THAT(answer.err, Catch::StartsWith("cleave: "));
  }
}

}  // namespace
}  // namespace cleave

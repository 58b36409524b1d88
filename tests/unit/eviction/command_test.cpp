// cleave cache, on the committed fixtures.
#include "sim/app/cache_command.h"

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "models/units/error.h"
#include "sim/app/cache_capacity.h"
#include "sim/kv/eviction/policy_table.h"
#include "sim/workload/trace/trace_stats.h"

using namespace cleave;
using Catch::Contains;
using Json = nlohmann::json;

namespace {

std::string fixture(const std::string& name) {
  return CLEAVE_SOURCE_DIR "/tests/fixtures/traces/" + name;
}

CacheCommandParams on(const std::string& name, CacheFormat format = CacheFormat::json) {
  CacheCommandParams params;
  params.trace.file = fixture(name);
  params.format = format;
  return params;
}

std::string say(const CacheCommandParams& params) {
  std::ostringstream out;
  const ExitCode code = cache_command(params, out);
  REQUIRE(code == ExitCode::ok);
  return out.str();
}

Json rows(const CacheCommandParams& params) {
  return Json::parse(say(params));
}

}  // namespace

TEST_CASE("a row holds the policy as written, its capacity, counts and checksums, in the order asked for") {
  CacheCommandParams params = on("mooncake.jsonl");
  params.policies = "S3-FIFO,lru,belady";
  params.capacities = "40,10%,100 blocks,12800 tokens";
  const Json list = rows(params);
  REQUIRE(list.size() == 12);
  CHECK(list[0]["policy"] == "S3-FIFO");
  CHECK(list[4]["policy"] == "lru");
  CHECK(list[4]["capacity_blocks"] == 40);
  CHECK(list[6]["capacity_blocks"] == 100);
  CHECK(list[7]["capacity_blocks"] == 25);
  for (const Json& row : list) {
    CHECK(row["accesses"] == list[0]["accesses"]);
    CHECK(row["hits"] <= row["accesses"]);
    CHECK(row["leading_run_hits"] <= row["hits"]);
    CHECK(row["crc"].get<std::string>().size() == 8);
    CHECK(row["leading_run_hit_tokens"] <= row["input_tokens"]);
  }
  CHECK(list[8]["hits"] >= list[4]["hits"]);
}

TEST_CASE("the plain and the compressed trace give the same rows, of the blocks that the trace's statistics count") {
  CacheCommandParams params = on("mooncake.jsonl");
  params.capacities = "100%";
  const Json list = rows(params);
  Problems problems(fixture("mooncake.jsonl"));
  TraceParams source;
  source.path = fixture("mooncake.jsonl");
  const auto reader = open_trace(source, SegmentNames{ClassId{}}, problems);
  const TraceStats stats = trace_stats(*reader, TraceFormat::mooncake, std::nullopt);
  CHECK(list[0]["accesses"] == stats.blocks->accesses);
  CHECK(list[0]["capacity_blocks"] == stats.blocks->unique);
  CHECK(list[0]["hit_ratio"].get<double>() == Approx(stats.blocks->hit_ratio_blocks));
  CHECK(list[0]["input_tokens"] == stats.input.total);
  CHECK(say(on("mooncake.jsonl.gz", CacheFormat::csv)).size() > 100);
}

TEST_CASE("every policy replays every fixture whose prompts share tokens") {
  for (const char* name :
       {"mooncake.jsonl", "mooncake.jsonl.gz", "mooncake_sessions.jsonl", "cleave.csv", "agentic.jsonl"}) {
    INFO(name);
    CacheCommandParams params = on(name);
    params.policies = "all";
    params.capacities = "3,100%";
    const Json list = rows(params);
    CHECK(list.size() == 2 * eviction_policies().size());
  }
}

TEST_CASE("smaller blocks see more look-ups of the same tokens") {
  CacheCommandParams params = on("mooncake.jsonl");
  params.capacities = "1000";
  const Json recorded = rows(params)[0];
  params.trace.block_size = Tokens{16};
  const Json small = rows(params)[0];
  CHECK(small["accesses"] > recorded["accesses"].get<int>() * 25);
  CHECK(small["input_tokens"] == recorded["input_tokens"]);
}

TEST_CASE("a curve in one pass agrees with replays, and has no sequence to checksum") {
  CacheCommandParams params = on("mooncake.jsonl");
  params.policies = "lru,lru-b,sieve";
  params.curve = true;
  const Json curve = rows(params);
  params.curve = false;
  params.capacities = "1,5,20,100";
  for (const Json& row : rows(params)) {
    bool found = false;
    for (const Json& point : curve) {
      if (point["policy"] != row["policy"] || point["capacity_blocks"] != row["capacity_blocks"]) continue;
      found = true;
      CHECK(point["hits"] == row["hits"]);
      CHECK(point["leading_run_hit_tokens"] == row["leading_run_hit_tokens"]);
      CHECK(point["crc"].is_null() == (row["policy"] != "sieve"));
    }
    CHECK(found);
  }
}

TEST_CASE("text puts leading runs first, CSV has one header and as many fields in each row") {
  CacheCommandParams params = on("mooncake.jsonl", CacheFormat::text);
  const std::string text = say(params);
  CHECK_THAT(text, Contains("60 requests") && Contains("recompute"));
  CHECK(text.find("leading runs") < text.find("any block"));
  params.format = CacheFormat::csv;
  std::istringstream csv(say(params));
  std::string header;
  std::getline(csv, header);
  CHECK_THAT(header, Catch::StartsWith("policy,capacity_blocks,accesses,hits,leading_run_hits,crc,"));
  for (std::string line; std::getline(csv, line);) {
    CHECK(std::count(line.begin(), line.end(), ',') == std::count(header.begin(), header.end(), ','));
  }
}

TEST_CASE(
    "a request that waits for another's answer is dated after it, and requests come in the order of their dates") {
  const BlockStream stream = read_block_stream({fixture("cleave.csv"), std::nullopt, Tokens{16}});
  std::vector<std::int64_t> dates;
  std::vector<std::int64_t> inputs;
  for (const TimePoint at : stream.arrivals) dates.push_back(at.time_since_epoch().count());
  for (const Tokens input : stream.inputs) inputs.push_back(input.value());
  // The file's third and fourth requests wait: they come 1.25 s after the second, and 2 s after that.
  CHECK(dates == std::vector<std::int64_t>{0, 500'000'000, 500'000'001, 1'750'000'000, 3'000'000'001, 3'000'000'001,
                                           3'000'000'001, 3'750'000'000});
  CHECK(inputs == std::vector<std::int64_t>{100, 600, 650, 700, 512, 20, 42, 800});
  CHECK(stream.request(3).size() == 700 / 16);
  CHECK(stream.request(7).size() == 800 / 16);
  CHECK(std::equal(stream.request(3).begin(), stream.request(3).begin() + 620 / 16, stream.request(7).begin()));
}

TEST_CASE("only a trace that says which requests wait for which tells the last of a session, as in a run") {
  const BlockStream named = read_block_stream({fixture("mooncake_sessions.jsonl"), std::nullopt, std::nullopt});
  CHECK(std::count(named.closes.begin(), named.closes.end(), true) == 0);
  CHECK(std::set(named.sessions.begin(), named.sessions.end()).size() < named.requests());
  const BlockStream waiting = read_block_stream({fixture("agentic.jsonl"), std::nullopt, std::nullopt});
  const auto sessions = std::set(waiting.sessions.begin(), waiting.sessions.end()).size();
  CHECK(std::count(waiting.closes.begin(), waiting.closes.end(), true) > 0);
  CHECK(static_cast<std::size_t>(std::count(waiting.closes.begin(), waiting.closes.end(), true)) <= sessions);
}

TEST_CASE("a policy or size that is none is refused before the trace is read") {
  CacheCommandParams params = on("not here.jsonl");
  for (const char* name : {"lruu", "", "lru,", "belady,all-of-them"}) {
    params.policies = name;
    CHECK_THROWS_WITH(say(params), Contains("--policy: unknown policy"));
  }
  params.policies = "seive";
  CHECK_THROWS_WITH(say(params), Contains("did you mean `sieve`?"));
  params.policies = "lru";
  for (const char* size : {"0", "-5", "1.5", "1e3", "10x", "%", "10 %%", "101%", "3M token blocks", "nan", "inf",
                           "1,,2", "0x10", "99999999999999999999999999999999999999999999999999%"}) {
    INFO(size);
    params.capacities = size;
    CHECK_THROWS_WITH(say(params), Contains("--capacity: got"));
  }
  params.capacities = "10";
  CHECK_THROWS_WITH(say(params), Contains("not here.jsonl"));
}

TEST_CASE("a size of less than one block, or of more than can be numbered, is refused") {
  CacheCommandParams params = on("mooncake.jsonl");
  for (const char* size : {"0.01%", "511 tokens", "5G", "4294967295"}) {
    INFO(size);
    params.capacities = size;
    CHECK_THROWS_WITH(say(params), Contains("--capacity: got"));
  }
}

TEST_CASE("a trace that tells no prompts apart, or holds none, is refused") {
  CacheCommandParams params = on("azure.csv");
  CHECK_THROWS_WITH(say(params), Contains("does not say which prompts share tokens"));
  params = on("mooncake.jsonl");
  params.trace.block_size = Tokens{1 << 20};
  CHECK_THROWS_WITH(say(params), Contains("no prompt fills a block"));
}

TEST_CASE("sizes are read as people write them") {
  const auto blocks = [](const char* text) {
    BlockStream stream;
    stream.unique = 182'790;
    return capacity_blocks(parse_capacity(text), stream);
  };
  CHECK(blocks("1000") == 1000);
  CHECK(blocks("20k") == 20'000);
  CHECK(blocks(" 5 blocks ") == 5);
  CHECK(blocks("1%") == 1827);
  CHECK(blocks("10%") == 18'279);
  CHECK(blocks("100%") == 182'790);
  CHECK(blocks("3M tokens") == 5859);
  CHECK(blocks("0.3M tokens") == 585);
  CHECK(blocks("1.5k") == 1500);
}

#include "sim/app/trace_command.h"

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>
#include <sstream>

#include "models/units/error.h"
#include "sim/workload/trace/trace_stats.h"
#include "tests/unit/workload/drive.h"
#include "tests/unit/workload/scratch.h"

using namespace cleave;
using namespace cleave::test;
using Catch::Contains;
using Json = nlohmann::json;

namespace {

struct Said {
  ExitCode code = ExitCode::ok;
  std::string out;
  std::string err;
};

Said say(const TraceCommandParams& params) {
  std::ostringstream out;
  std::ostringstream err;
  const ExitCode code = trace_command(params, out, err);
  return {code, out.str(), err.str()};
}

TraceCommandParams on(TraceAction action, const std::string& file, OutputFormat format = OutputFormat::json) {
  TraceCommandParams params;
  params.action = action;
  params.file = file;
  params.output_format = format;
  return params;
}

std::vector<Request> replay(TraceFormat format, const std::string& file) {
  return drive(*workload_of(trace(format, file)), std::chrono::seconds{7});
}

// Same tokens under other names: two prompts share what they shared before.
void same_requests(const std::vector<Request>& one, const std::vector<Request>& two) {
  REQUIRE(one.size() == two.size());
  std::map<std::uint64_t, std::uint64_t> names;
  for (std::size_t i = 0; i < one.size(); ++i) {
    CAPTURE(i);
    REQUIRE(one[i].arrival == two[i].arrival);
    REQUIRE(one[i].input == two[i].input);
    REQUIRE(one[i].output == two[i].output);
    REQUIRE(one[i].session == two[i].session);
    REQUIRE(one[i].turn == two[i].turn);
    REQUIRE(one[i].prompt.size() == two[i].prompt.size());
    for (std::size_t s = 0; s < one[i].prompt.size(); ++s) {
      const Span& a = one[i].prompt[s];
      const Span& b = two[i].prompt[s];
      REQUIRE(a.begin == b.begin);
      REQUIRE(a.length == b.length);
      REQUIRE(names.emplace(a.segment.value(), b.segment.value()).first->second == b.segment.value());
    }
  }
}

TraceStats stats_of(TraceFormat format, const std::string& file) {
  Problems problems(file);
  const auto reader = open_trace(trace(format, file), SegmentNames{ClassId{}}, problems);
  return trace_stats(*reader, format, std::nullopt);
}

}  // namespace

TEST_CASE("trace stats counts what can be counted by hand") {
  const auto said = say(on(TraceAction::stats, fixture("agentic.jsonl")));
  CHECK(said.code == ExitCode::ok);
  const Json json = Json::parse(said.out);
  CHECK(json["format"] == "agentic");
  CHECK(json["requests"] == 8);
  CHECK(json["waiting_requests"] == 6);
  CHECK(json["sessions"] == 2);
  CHECK(json["input_tokens"]["total"] == 1000 + 700 + 1300 + 900 + 1500 + 40 + 640 + 704);
  CHECK(json["input_tokens"]["p50"] == 802.0);  // between 704 and 900
  CHECK(json["output_tokens"]["max"] == 80);
  // Session 0: 1-20, 40-44 and 900-913 are 39 blocks; session 7: 1-11.
  CHECK(json["blocks"]["unique"] == 39 + 11);
  CHECK(json["blocks"]["accesses"] == 15 + 10 + 20 + 14 + 23 + 0 + 10 + 11);
  CHECK(json["raised_outputs"] == 1);
}

TEST_CASE("trace stats in text names the file, its format and its reuse") {
  const auto said = say(on(TraceAction::stats, fixture("mooncake.jsonl"), OutputFormat::text));
  CHECK_THAT(said.out,
             Contains("mooncake.jsonl: mooncake trace") && Contains("requests       60") && Contains("blocks of 512"));
}

TEST_CASE("trace validate accepts every fixture and lists every problem of a broken file") {
  for (const char* file :
       {"mooncake.jsonl.gz", "mooncake_sessions.jsonl", "azure.csv", "burstgpt.csv", "agentic.jsonl", "cleave.csv"}) {
    CAPTURE(file);
    const auto said = say(on(TraceAction::validate, fixture(file)));
    CHECK(said.code == ExitCode::ok);
    CHECK(Json::parse(said.out)["valid"] == true);
  }
  const Scratch scratch;
  const std::string broken = scratch.write(
      "broken.csv", std::string(kAzureHeader) + "\nx,1,2\n2023-11-16 18:15:46,0,2\n2023-11-16 18:15:46,1,2\n");
  const auto text = say(on(TraceAction::validate, broken, OutputFormat::text));
  CHECK(text.code == ExitCode::invalid_input);
  CHECK_THAT(text.err, Contains(":2: TIMESTAMP") && Contains(":3: ContextTokens"));
  const Json json = Json::parse(say(on(TraceAction::validate, broken)).out);
  CHECK(json["valid"] == false);
  CHECK(json["requests"] == 1);
  CHECK(json["problems"].size() == 2);
}

TEST_CASE("trace validate stops at its limit of problems") {
  const Scratch scratch;
  std::string text = std::string(kAzureHeader) + "\n";
  for (int i = 0; i < 50; ++i) text += "x,1,2\n";
  auto params = on(TraceAction::validate, scratch.write("broken.csv", text));
  params.problem_limit = 5;
  CHECK(Json::parse(say(params).out)["problems"].size() == 5);
}

TEST_CASE("trace validate reports a file that is missing, empty or of no known format") {
  const Scratch scratch;
  const std::string header_only = scratch.write("header.csv", std::string(kAzureHeader) + "\n");
  for (const std::string& file :
       {scratch.path("none"), scratch.write("empty", ""), scratch.write("odd", "what\n"), header_only}) {
    CAPTURE(file);
    const auto said = say(on(TraceAction::validate, file));
    CHECK(said.code == ExitCode::invalid_input);
    CHECK(Json::parse(said.out)["problems"].size() == 1);
  }
}

TEST_CASE("a trace converted to cleave's own format replays as the same requests") {
  const std::pair<TraceFormat, std::string> traces[] = {
      {TraceFormat::mooncake, "mooncake.jsonl"}, {TraceFormat::mooncake, "mooncake_sessions.jsonl"},
      {TraceFormat::azure, "azure.csv"},         {TraceFormat::burstgpt, "burstgpt.csv"},
      {TraceFormat::agentic, "agentic.jsonl"},   {TraceFormat::cleave, "cleave.csv"}};
  const Scratch scratch;
  for (const auto& [format, file] : traces) {
    CAPTURE(file);
    auto params = on(TraceAction::convert, fixture(file));
    params.output = scratch.path(file + ".csv.gz");
    const auto said = say(params);
    CHECK(said.code == ExitCode::ok);
    same_requests(replay(format, fixture(file)), replay(TraceFormat::cleave, params.output));
  }
}

TEST_CASE("a Mooncake trace converted to itself keeps its blocks, by way of cleave's format too") {
  const Scratch scratch;
  auto there = on(TraceAction::convert, fixture("mooncake.jsonl"));
  there.output = scratch.path("there.csv");
  say(there);
  auto back = on(TraceAction::convert, there.output);
  back.to = TraceFormat::mooncake;
  back.output = scratch.path("back.jsonl");
  say(back);
  const auto before = stats_of(TraceFormat::mooncake, fixture("mooncake.jsonl"));
  const auto after = stats_of(TraceFormat::mooncake, back.output);
  CHECK(after.requests == before.requests);
  CHECK(after.input.total == before.input.total);
  CHECK(after.blocks->accesses == before.blocks->accesses);
  CHECK(after.blocks->unique == before.blocks->unique);
  CHECK(after.blocks->hit_ratio_tokens == before.blocks->hit_ratio_tokens);
}

TEST_CASE("convert never overwrites unless forced, and leaves nothing half-written") {
  const Scratch scratch;
  auto params = on(TraceAction::convert, fixture("azure.csv"));
  params.output = scratch.write("kept.csv", "precious");
  CHECK_THROWS_WITH(say(params), Contains("exists already"));
  CHECK(std::filesystem::file_size(params.output) == 8);
  params.force = true;
  CHECK(say(params).code == ExitCode::ok);
  CHECK(std::filesystem::file_size(params.output) > 1000);

  auto broken = on(TraceAction::convert,
                   scratch.write("broken.csv", std::string(kAzureHeader) + "\n2023-11-16 18:15:46,1,2\nx\n"));
  broken.output = scratch.path("new.csv");
  CHECK_THROWS_AS(say(broken), ConfigError);
  CHECK_FALSE(std::filesystem::exists(broken.output));
  CHECK_FALSE(std::filesystem::exists(broken.output + ".part"));
}

TEST_CASE("convert refuses a target that cannot say what the trace says") {
  const Scratch scratch;
  auto params = on(TraceAction::convert, fixture("agentic.jsonl"));
  params.output = scratch.path("out.jsonl");
  params.to = TraceFormat::mooncake;
  CHECK_THROWS_WITH(say(params), Contains("waits for an answer"));
  params.to = TraceFormat::azure;
  CHECK_THROWS_WITH(say(params), Contains("expected cleave or mooncake"));
  params.to = TraceFormat::cleave;
  params.output = scratch.path("no/such/folder/out.csv");
  CHECK_THROWS_WITH(say(params), Contains("cannot be written"));
}

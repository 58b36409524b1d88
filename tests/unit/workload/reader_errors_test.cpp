// Malformed traces: each problem is named with its line, field, value, and what was expected.

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "models/units/error.h"
#include "sim/workload/servegen.h"
#include "sim/workload/trace/file_set.h"
#include "sim/workload/trace/trace_reader.h"
#include "tests/unit/workload/drive.h"
#include "tests/unit/workload/scratch.h"

using namespace cleave;
using namespace cleave::test;
using Catch::Contains;

namespace {

std::string message_of(TraceFormat format, const std::string& file) {
  Problems problems(file);
  try {
    const auto reader = open_trace(trace(format, file), SegmentNames{ClassId{}}, problems);
    TraceRecord record;
    while (reader->next(record)) {
    }
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "nothing wrong";
}

// A trace with this text; the message must name line and words.
void refused(TraceFormat format, const std::string& text, const std::string& line, const std::string& words) {
  const Scratch scratch;
  const std::string file = scratch.write("trace", text);
  CAPTURE(text);
  CHECK_THAT(message_of(format, file), Contains(file + ":" + line + ":") && Contains(words));
}

std::string slurp(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

const std::string kGood = R"({"timestamp": 0, "input_length": 600, "output_length": 5, "hash_ids": [0, 1]})"
                          "\n";

}  // namespace

TEST_CASE("malformed Mooncake lines are refused") {
  const auto bad = [](const std::string& line, const std::string& words) {
    refused(TraceFormat::mooncake, kGood + line + "\n", "2", words);
  };
  bad(R"({"timestamp": 0, "input_length": 600, "output_le)", "expected one JSON object");
  bad(R"([1, 2])", "expected one JSON object");
  bad(R"({"timestamp": 0, "input_length": 0, "output_length": 5, "hash_ids": []})",
      "input_length: got \"0\", expected a whole number from 1");
  bad(R"({"timestamp": 0, "input_length": -600, "output_length": 5, "hash_ids": [0, 1]})",
      "input_length: got \"-600\"");
  bad(R"({"timestamp": 0, "input_length": 600.5, "output_length": 5, "hash_ids": [0, 1]})",
      "input_length: got \"600.5\"");
  bad(R"({"timestamp": 0, "input_length": "600", "output_length": 5, "hash_ids": [0, 1]})", "input_length: got");
  bad(R"({"timestamp": 0, "input_length": 600, "output_length": 0, "hash_ids": [0, 1]})", "output_length: got \"0\"");
  bad(R"({"timestamp": 0, "input_length": 600, "output_length": 5, "hash_ids": [0]})",
      "hash_ids: got \"1 ids\", expected 2 ids for an input_length of 600");
  bad(R"({"timestamp": 0, "input_length": 600, "output_length": 5, "hash_ids": [0, 1, 2]})", "hash_ids: got \"3 ids\"");
  bad(R"({"timestamp": 0, "input_length": 600, "output_length": 5, "hash_ids": [3, 3]})",
      "hash_ids: got \"3\", expected each id once");
  bad(R"({"timestamp": 0, "input_length": 600, "output_length": 5, "hash_ids": [0, -1]})", "hash_ids: got \"-1\"");
  bad(R"({"timestamp": 0, "input_length": 600, "output_length": 5, "hash_ids": 7})", "expected a list of block ids");
  bad(R"({"timestamp": 0, "input_length": 600, "output_length": 5})", "hash_ids: is missing");
  bad(R"({"input_length": 600, "output_length": 5, "hash_ids": [0, 1]})", "timestamp: is missing");
  bad(R"({"timestamp": -5, "input_length": 600, "output_length": 5, "hash_ids": [0, 1]})", "timestamp: got \"-5\"");
  bad(R"({"timestamp": 0, "input_length": 600, "output_length": 5, "hash_id": [0, 1]})", "field: got \"hash_id\"");
  bad(R"({"timestamp": 0, "timestamp": 1, "input_length": 600, "output_length": 5, "hash_ids": [0, 1]})",
      "timestamp: is given twice");
  bad("", "empty line");
}

TEST_CASE("a trace whose times go backwards is refused in every format") {
  refused(TraceFormat::mooncake,
          R"({"timestamp": 3000, "input_length": 9, "output_length": 5, "hash_ids": [0]})"
          "\n"
          R"({"timestamp": 2999, "input_length": 9, "output_length": 5, "hash_ids": [0]})"
          "\n",
          "2", "rows are in time order");
  refused(TraceFormat::azure, std::string(kAzureHeader) + "\n2023-11-16 18:15:46.5,3,4\n2023-11-16 18:15:46.4,3,4\n",
          "3", "time order");
  refused(TraceFormat::burstgpt, std::string(kBurstgptHeader) + "\n9,GPT-4,3,4,7,API log\n8,GPT-4,3,4,7,API log\n", "3",
          "time order");
  refused(TraceFormat::cleave, std::string(kCleaveHeader) + "\n0,,,9,,3,4,\n1,,,8,,3,4,\n", "3", "time order");
}

TEST_CASE("malformed Azure rows are refused") {
  const auto bad = [](const std::string& row, const std::string& words) {
    refused(TraceFormat::azure, std::string(kAzureHeader) + "\n2023-11-16 18:15:46.6,374,44\n" + row, "3", words);
  };
  bad("2023-11-16 18:15:50.99,396", "got \"2 fields\", expected 3 fields");
  bad("2023-11-16 18:15:50.99,396,10,1", "got \"4 fields\"");
  bad("2023-11-31 18:15:50.99,396,10", "TIMESTAMP: got \"2023-11-31 18:15:50.99\"");
  bad("2023-11-16 18:15,396,10", "TIMESTAMP");
  bad("2023-11-16 18:15:50.0123456789,396,10", "TIMESTAMP");
  bad("2023-11-16 18:15:50.99,0,10", "ContextTokens: got \"0\"");
  bad("2023-11-16 18:15:50.99,396,-1", "GeneratedTokens: got \"-1\"");
  bad("2023-11-16 18:15:50.99,396,ten", "GeneratedTokens: got \"ten\"");
  refused(TraceFormat::azure, "TIMESTAMP,GeneratedTokens,ContextTokens\n", "1", "header");
  refused(TraceFormat::azure, "", "1", "header: got \"nothing\"");
}

TEST_CASE("Azure times may carry a zone") {
  const Scratch scratch;
  const std::string file =
      scratch.write("trace", std::string(kAzureHeader) +
                                 "\n2024-05-10 00:00:00.009930+00:00,1,2\n"
                                 "2024-05-10 02:00:01.009930+02:00,1,2\n2024-05-10T00:00:02Z,1,2\n");
  Problems problems(file);
  const auto reader = open_trace(trace(TraceFormat::azure, file), SegmentNames{ClassId{}}, problems);
  TraceRecord record;
  std::vector<double> at;
  while (reader->next(record)) at.push_back(to_seconds(record.at));
  REQUIRE(at.size() == 3);
  CHECK(at[1] == Approx(1.0));
  CHECK(at[2] == Approx(1.99007));
}

TEST_CASE("malformed BurstGPT rows are refused, and failed requests are left out and counted") {
  const auto bad = [](const std::string& row, const std::string& words) {
    refused(TraceFormat::burstgpt, std::string(kBurstgptHeader) + "\n5,ChatGPT,472,18,490,Conversation log\n" + row,
            "3", words);
  };
  bad("6,ChatGPT,10,20,31,API log", "Total tokens: got \"31\", expected 30");
  bad("6,ChatGPT,0,20,20,API log", "Request tokens: got \"0\"");
  bad("6,ChatGPT,5,-1,4,API log", "Response tokens: got \"-1\"");
  bad("soon,ChatGPT,5,1,6,API log", "Timestamp: got \"soon\"");
  bad("6,ChatGPT,5,1,6", "got \"5 fields\"");
  Problems problems("burstgpt.csv");
  const auto reader =
      open_trace(trace(TraceFormat::burstgpt, fixture("burstgpt.csv")), SegmentNames{ClassId{}}, problems);
  TraceRecord record;
  int requests = 0;
  while (reader->next(record)) ++requests;
  CHECK(requests == 36);
  CHECK(reader->notes().failed_rows == 4);
}

TEST_CASE("malformed agent sessions are refused") {
  const auto session = [](const std::string& requests) {
    return R"({"session": 0, "block_size": 64, "requests": [)" + requests + "]}\n";
  };
  const auto bad = [&](const std::string& request, const std::string& words) {
    refused(TraceFormat::agentic, session(R"({"t": 1, "in": 100, "out": 5, "runs": [[1, 1]]},)" + request), "1",
            "requests[1]." + words);
  };
  bad(R"({"t": 2, "in": 128, "out": 5, "runs": [[1, 1]]})", "runs: got \"1 blocks\", expected 2 full blocks");
  bad(R"({"t": 2, "in": 64, "out": 5, "runs": [[1, 0]]})", "runs: got");
  bad(R"({"t": 2, "in": 64, "out": 5, "runs": [[1]]})", "runs: got");
  bad(R"({"t": 2, "in": 64, "out": 5, "runs": [[4611686018427387904, 1]]})", "runs: got");
  bad(R"({"t": 2, "in": 64, "out": 5})", "runs: is missing");
  bad(R"({"t": 0.5, "in": 64, "out": 5, "runs": [[1, 1]]})", "t: got \"0.5\"");
  bad(R"({"t": 2, "in": -64, "out": 5, "runs": [[1, 1]]})", "in: got \"-64\"");
  bad(R"({"t": 2, "in": 64, "out": -5, "runs": [[1, 1]]})", "out: got \"-5\"");
  bad(R"({"t": 2, "in": 64, "out": 5, "runs": [[1, 1]], "sub": 3})", "sub: got \"3\"");
  bad(R"({"t": 2, "in": 64, "out": 5, "runs": [[1, 1]], "think_time": -1})", "think_time: got");
  bad(R"({"t": 2, "in": 64, "out": 5, "runs": [[1, 1]], "speed": 1})", "field: got \"speed\"");
  bad("7", ": got \"7\"");
  refused(TraceFormat::agentic, session(""), "1", "requests: is missing or empty");
  refused(TraceFormat::agentic,
          R"({"session": 0, "requests": []})"
          "\n",
          "1", "block_size: is missing");
  const std::string good = session(R"({"t": 1, "in": 100, "out": 5, "runs": [[1, 1]]})");
  refused(TraceFormat::agentic, good + good, "2", "session: got \"0\", expected a session not seen before");
  refused(TraceFormat::agentic, good.substr(0, 40), "1", "expected one JSON object");
}

TEST_CASE("malformed rows of cleave's own trace are refused") {
  const auto bad = [](const std::string& row, const std::string& words) {
    refused(TraceFormat::cleave, std::string(kCleaveHeader) + "\n0,4,,1,,100,10,7:0+100\n" + row + "\n", "3", words);
  };
  bad("2,4,,1,,100,10,", "request: got \"2\", expected 1: rows are numbered from 0");
  bad("1,x,,1,,100,10,", "session: got \"x\"");
  bad("1,4,0,1,1,100,10,", "arrival_s: got \"1\", expected nothing");
  bad("1,4,,1,1,100,10,", "gap_s: got \"1\", expected nothing");
  bad("1,4,0,,,100,10,", "gap_s: got \"\"");
  bad("1,4,0,,1e3,100,10,", "gap_s: got \"1e3\"");
  bad("1,4,1,,1,100,10,", "parent: got \"1\"");
  bad("1,4,,1,,0,10,", "input_tokens: got \"0\"");
  bad("1,4,,1,,100,0,", "output_tokens: got \"0\"");
  bad("1,4,,1,,100,10,7:0+99", "prompt: got \"99 tokens\", expected 100");
  bad("1,4,,1,,100,10,7:0-100", "prompt: got \"7:0-100\", expected spans like");
  bad("1,4,,1,,100,10,7:0+100 ", "expected spans like");
  bad("1,4,,1,,100,10,u", "expected spans like");
  bad("1,4,,1,,100,10,7:4294967200+100", "expected spans like");
  bad("1,4,,1,,10,10,o0:0+10", "prompt: got \"o0:0+10\", expected tokens of the answer to its parent");
  bad("1,4,0,,1,11,10,o0:0+11", "prompt: got \"o0:0+11\"");
  bad("1,4,,1,,100", "got \"6 fields\", expected 8");
  refused(TraceFormat::cleave, "request,session\n", "1", "header");
}

TEST_CASE("a file that is missing, a folder, not UTF-8 or a gzip cut short is refused") {
  const Scratch scratch;
  CHECK_THAT(message_of(TraceFormat::azure, scratch.path("none.csv")), Contains("cannot be opened"));
  CHECK_THAT(message_of(TraceFormat::azure, scratch.path(".")), Contains("is a folder, expected a file"));
  refused(TraceFormat::mooncake, kGood + "{\"\xff\xfe\": 1}\n", "2", "\\xff\\xfe");
  const std::string whole = slurp(fixture("mooncake.jsonl.gz"));
  const std::string cut = scratch.write("cut.jsonl.gz", whole.substr(0, whole.size() - 200));
  CHECK_THAT(message_of(TraceFormat::mooncake, cut), Contains("gzip stream ends early"));
  std::string spoilt = whole;
  spoilt[whole.size() / 2] = static_cast<char>(~spoilt[whole.size() / 2]);
  CHECK_THAT(message_of(TraceFormat::mooncake, scratch.write("spoilt.jsonl.gz", spoilt)),
             Contains("cannot be read") || Contains("expected"));
}

TEST_CASE("a public trace that is missing is named with its source and checksum") {
  const Scratch scratch;
  CHECK_THAT(message_of(TraceFormat::mooncake, scratch.path("mooncake_conversation_trace.jsonl.gz")),
             Contains("kvcache-ai/Mooncake") && Contains("sha256 b8cbb061"));
}

TEST_CASE("line ends of other systems and a byte order mark are accepted") {
  const Scratch scratch;
  const std::string file =
      scratch.write("trace", "\xef\xbb\xbf" + std::string(kAzureHeader) + "\r\n2023-11-16 18:15:46,374,44\r\n");
  CHECK(message_of(TraceFormat::azure, file) == "nothing wrong");
}

TEST_CASE("gathered problems are all reported, and the good rows are read") {
  const Scratch scratch;
  const std::string file = scratch.write("trace", kGood + "{]\n" + kGood + "{\"timestamp\": 1}\n" + kGood);
  Problems problems(file, 100);
  const auto reader = open_trace(trace(TraceFormat::mooncake, file), SegmentNames{ClassId{}}, problems);
  TraceRecord record;
  int requests = 0;
  while (reader->next(record)) ++requests;
  CHECK(requests == 3);
  REQUIRE(problems.found().size() == 4);  // a broken line, and three missing fields
  CHECK_THAT(problems.found().back(), Contains(":4: hash_ids"));
}

TEST_CASE("malformed ServeGen data is refused") {
  const Scratch scratch;
  const auto bad = [&](const std::string& text, const std::string& words) {
    scratch.write("s/tiny/chunk-0-trace.csv", text);
    CHECK_THROWS_WITH(read_servegen(scratch.path("s"), "tiny"), Contains("chunk-0-trace.csv:") && Contains(words));
  };
  bad("0,1,1,Gamma,1\n", ":1: line: got \"5 fields\"");
  bad("0,1,1,Gamma,1,1\n700,1,1,Gamma,1,1\n", ":2: window start: got \"700\", expected 600");
  bad("0,-1,1,Gamma,1,1\n", "rate: got \"-1\"");
  bad("0,1,1,Normal,1,1\n", "family: got \"Normal\"");
  bad("0,1,1,Gamma,0,1\n", "shape: got \"0\"");
  const std::string archive = slurp(fixture("servegen.tar.xz"));
  const auto cut = scratch.write("cut.tar.xz", archive.substr(0, archive.size() / 2));
  CHECK_THROWS_WITH(read_servegen(cut, "tiny"), Contains("truncated or corrupt"));
  CHECK_THROWS_WITH(read_servegen(scratch.write("no.tar.xz", "text"), "tiny"), Contains("xz"));
  CHECK_THROWS_WITH(read_servegen(scratch.path("none.tar.xz"), "tiny"), Contains("cannot be opened"));
}

TEST_CASE("the format of a trace is told by its first line") {
  CHECK(detect_format(fixture("mooncake.jsonl.gz")) == TraceFormat::mooncake);
  CHECK(detect_format(fixture("azure.csv")) == TraceFormat::azure);
  CHECK(detect_format(fixture("burstgpt.csv")) == TraceFormat::burstgpt);
  CHECK(detect_format(fixture("agentic.jsonl")) == TraceFormat::agentic);
  CHECK(detect_format(fixture("cleave.csv")) == TraceFormat::cleave);
  CHECK_THROWS_WITH(detect_format(fixture("histogram.csv")), Contains("format: got \"tokens,weight\""));
}

TEST_CASE("a malformed line is found before a run that would reach it, and not when it would not") {
  const Scratch scratch;
  const std::string late = R"({"timestamp": 5000, "input_length": 600, "output_length": 5, "hash_ids": [0, 1]})"
                           "\n";
  auto params = trace(TraceFormat::mooncake, scratch.write("trace", kGood + kGood + late + "{]\n"));
  CHECK_THROWS_WITH(check_traces(one_class(params)), Contains(":4: line"));
  params.first = 2;
  CHECK_NOTHROW(check_traces(one_class(params)));
  params.first.reset();
  params.until = std::chrono::seconds{5};
  CHECK_NOTHROW(check_traces(one_class(params)));
}

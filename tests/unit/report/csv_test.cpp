#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "sim/report/decisions_csv.h"
#include "sim/report/number_text.h"
#include "sim/report/requests_csv.h"
#include "sim/report/timeseries_csv.h"
#include "tests/unit/metrics/request_fixture.h"
#include "tests/unit/report/temporary_folder.h"

namespace cleave {
namespace {

using namespace std::chrono_literals;
using fixture::at_ms;
using fixture::read_text;
using fixture::TemporaryFolder;

std::string seconds(std::int64_t ns) {
  std::string out;
  append_seconds(out, Duration{ns});
  return out;
}

std::string csv_text(const std::string& text) {
  std::string out;
  append_csv_text(out, text);
  return out;
}

TEST_CASE("seconds have nine decimals and keep every nanosecond") {
  CHECK(seconds(0) == "0.000000000");
  CHECK(seconds(1) == "0.000000001");
  CHECK(seconds(1'234'567'890) == "1.234567890");
  CHECK(seconds(999'999'999) == "0.999999999");
  CHECK(seconds(60'000'000'000) == "60.000000000");
  CHECK(seconds(-1'500'000'000) == "-1.500000000");
  CHECK(seconds(std::numeric_limits<std::int64_t>::max()) == "9223372036.854775807");
  CHECK(seconds(std::numeric_limits<std::int64_t>::min()) == "-9223372036.854775808");
}

TEST_CASE("CSV text is quoted only where it must be") {
  CHECK(csv_text("chat") == "chat");
  CHECK(csv_text("a b") == "a b");
  CHECK(csv_text("a,b") == "\"a,b\"");
  CHECK(csv_text("say \"hi\"") == "\"say \"\"hi\"\"\"");
  CHECK(csv_text("two\nlines") == "\"two\nlines\"");
}

TEST_CASE("requests.csv has one row for each request, with empty fields for what it never had") {
  TemporaryFolder folder;
  const std::vector<ClassInfo> classes{{"chat, fast", {.ttft = 116ms, .tpot = {}, .e2e = {}}}};
  RequestsCsv csv(folder / "requests.csv", classes);
  auto done = fixture::completed(7, 1000);
  done.turn = 2;
  done.preemptions = 1;
  csv.on_request(done);
  csv.on_request(fixture::rejected(8, 1500));
  csv.close();
  CHECK(read_text(folder / "requests.csv") ==
        "request,class,session,turn,outcome,arrival_s,first_scheduled_s,prefill_done_s,kv_ready_s,first_token_s,"
        "last_token_s,queue_s,ttft_s,tpot_s,e2e_s,slo_met,input_tokens,output_tokens,generated_tokens,"
        "hit_prompt_kv_tokens,hit_decode_kv_tokens,recomputed_tokens,transferred_bytes,prefill_replica,"
        "decode_replica,preemptions,retries\n"
        "7,\"chat, fast\",7,2,completed,1.000000000,1.010000000,1.110000000,1.115000000,1.116000000,"
        "1.316000000,0.010000000,0.116000000,0.020000000,0.316000000,1,1000,11,11,160,40,0,4096,0,4,1,0\n"
        "8,\"chat, fast\",8,0,rejected,1.500000000,,,,,,,,,,0,1000,11,0,0,0,0,0,,,0,0\n");
}

TEST_CASE("a row of the widest possible numbers is written whole") {
  TemporaryFolder folder;
  RequestsCsv csv(folder / "requests.csv", std::vector<ClassInfo>{{"c", {}}});
  auto r = fixture::completed(0, 0, 2);
  const auto most = std::numeric_limits<std::int64_t>::min();
  r.turn = r.preemptions = r.retries = std::numeric_limits<std::uint32_t>::max();
  r.input = r.output = r.hit_prompt_kv = r.hit_decode_kv = r.recomputed = Tokens{most};
  r.transferred = Bytes{most};
  csv.on_request(r);
  csv.close();
  const auto text = read_text(folder / "requests.csv");
  CHECK(text.find(",-9223372036854775808,0,4,4294967295,4294967295\n") != std::string::npos);
}

TEST_CASE("a file that cannot be written says which and why") {
  CHECK_THROWS_WITH(RequestsCsv("/nonexistent/requests.csv", {}),
                    Catch::Contains("/nonexistent/requests.csv") && Catch::Contains("No such file"));
  if (std::filesystem::exists("/dev/full")) {
    OutputFile full("/dev/full");
    full.buffer() = std::string(1 << 20, 'x');
    CHECK_THROWS_WITH(full.close(), Catch::Contains("/dev/full") && Catch::Contains("No space left"));
  }
}

TEST_CASE("decisions.csv says what was chosen and why") {
  TemporaryFolder folder;
  DecisionsCsv csv(folder / "decisions.csv");
  csv.on_decision({.time = at_ms(1),
                   .request = RequestId{std::size_t{3}},
                   .stage = DecisionStage::prefill,
                   .replica = ReplicaId{std::size_t{2}},
                   .candidates = 4,
                   .reason = "least waiting",
                   .score = 0.5});
  csv.on_decision({.time = at_ms(2),
                   .request = RequestId{std::size_t{4}},
                   .stage = DecisionStage::admission,
                   .replica = std::nullopt,
                   .candidates = 0,
                   .reason = "queue full, rejected",
                   .score = std::nullopt});
  csv.close();
  CHECK(read_text(folder / "decisions.csv") ==
        "time_s,request,stage,replica,candidates,score,reason\n"
        "0.001000000,3,prefill,2,4,0.5,least waiting\n"
        "0.002000000,4,admission,,0,,\"queue full, rejected\"\n");
}

TEST_CASE("timeseries.csv has one row for each sample") {
  Timeline timeline;
  PoolSample s;
  s.waiting = 1;
  s.running = 2;
  s.kv_blocks_used = 3;
  s.kv_blocks_cached = 4;
  s.kv_blocks_total = 10;
  s.replicas_up = 2;
  s.busy_seconds = 0.25;
  s.tokens_computed = 99;
  timeline.add(at_ms(500), PoolId{std::size_t{0}}, s);
  timeline.add(at_ms(500), PoolId{std::size_t{1}}, {});
  const std::vector<std::string> pools{"prefill", "decode"};
  CHECK(timeseries_csv(timeline, pools) ==
        "time_s,pool,waiting,running,kv_blocks_used,kv_blocks_cached,kv_blocks_total,replicas_up,busy_s,"
        "tokens_computed\n"
        "0.500000000,prefill,1,2,3,4,10,2,0.25,99\n"
        "0.500000000,decode,0,0,0,0,0,0,0,0\n");
}

}  // namespace
}  // namespace cleave

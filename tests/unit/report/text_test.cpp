#include <catch2/catch.hpp>
#include <string>

#include "sim/report/humanise.h"
#include "sim/report/text_summary.h"
#include "sim/report/text_table.h"
#include "tests/unit/report/sample_run.h"

namespace cleave {
namespace {

TEST_CASE("durations are shown with three digits and a fitting unit") {
  CHECK(human::duration(0) == "0 s");
  CHECK(human::duration(123e-9) == "123 ns");
  CHECK(human::duration(4.5e-6) == "4.50 us");
  CHECK(human::duration(0.0123) == "12.3 ms");
  CHECK(human::duration(0.99996) == "1.00 s");
  CHECK(human::duration(75) == "75.0 s");
  CHECK(human::duration(1800) == "30.0 min");
  CHECK(human::duration(9000) == "2.50 h");
}

TEST_CASE("counts, sizes and money are shown as people write them") {
  CHECK(human::count(7) == "7");
  CHECK(human::count(1234567) == "1,234,567");
  CHECK(human::count(-123456) == "-123,456");
  CHECK(human::real(1234.4) == "1,234");
  CHECK(human::bytes(0) == "0 B");
  CHECK(human::bytes(1.5e9) == "1.50 GB");
  CHECK(human::usd(12.345) == "$12.35");
  CHECK(human::usd(0.0123) == "$0.0123");
  CHECK(human::usd(1234567) == "$1,234,567");
}

TEST_CASE("a share is shown as all or nothing only when it is") {
  CHECK(human::percent(1) == "100 %");
  CHECK(human::percent(0) == "0 %");
  CHECK(human::percent(0.99999) == ">99.9 %");
  CHECK(human::percent(0.00001) == "<0.1 %");
  CHECK(human::percent(0.1234) == "12.3 %");
}

TEST_CASE("columns line up") {
  TextTable table({"name", "n"}, 1);
  table.add({"a", "1,000"});
  table.add({"long name", "7"});
  std::string out;
  table.write(out, Ink(false));
  CHECK(out ==
        "name           n\n"
        "a          1,000\n"
        "long name      7\n");
}

TEST_CASE("without colour there is no escape code, and with colour nothing else changes") {
  const auto run = fixture::sample_run();
  const auto results = run.recorder->results();
  const auto plain = text_summary(run.facts, results, false) + opening_text(run.facts, false);
  auto coloured = text_summary(run.facts, results, true) + opening_text(run.facts, true);
  CHECK(plain.find('\033') == std::string::npos);
  CHECK(coloured.find('\033') != std::string::npos);
  for (auto at = coloured.find('\033'); at != std::string::npos; at = coloured.find('\033')) {
    coloured.erase(at, coloured.find('m', at) + 1 - at);
  }
  CHECK(coloured == plain);
}

TEST_CASE("the text summary accounts for all requests and names what matters") {
  const auto run = fixture::sample_run();
  const auto text = text_summary(run.facts, run.recorder->results(), false);
  for (const char* part :
       {"2,000 offered", "TTFT", "TPOT", "ITL", "E2E", "goodput", "agents & tools", "prefill", "h200-sxm", "NIC",
        "for a million output tokens", "warm-up of 20 s", "hand-offs retried 4", "note: "}) {
    INFO(part);
    CHECK(text.find(part) != std::string::npos);
  }
}

TEST_CASE("a run of nothing still has a text summary") {
  const Recorder recorder({.classes = {{"default", {}}}, .pools = {}, .warm_up = {}});
  const auto text = text_summary({}, recorder.results(), false);
  CHECK(text.find("0 offered") != std::string::npos);
  CHECK(opening_text({}, false).empty());
}

}  // namespace
}  // namespace cleave

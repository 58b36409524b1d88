#include <catch2/catch.hpp>
#include <string>

#include "sim/report/html/axis.h"
#include "sim/report/html/markup.h"
#include "sim/report/report_html.h"
#include "tests/unit/metrics/request_fixture.h"
#include "tests/unit/report/sample_run.h"
#include "tests/unit/report/xml_check.h"

namespace cleave {
namespace {

using fixture::XmlCheck;

std::string page_of(const fixture::SampleRun& run) {
  const auto results = run.recorder->results();
  return report_html({run.facts, results, run.recorder->timeline(), run.recorder->params().pools});
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST_CASE("the XML check finds faults") {
  CHECK(XmlCheck("<a><b x=\"1\"/>t &amp; u</a>").run().empty());
  for (const char* bad :
       {"<a>", "<a></b>", "<a x=1></a>", "<a>&nbsp;</a>", "<a/><b/>", "<a x=\"<\"/>", "<a>b > c</a>"}) {
    INFO(bad);
    CHECK_FALSE(XmlCheck(bad).run().empty());
  }
}

TEST_CASE("report.html is well formed") {
  CHECK(XmlCheck(page_of(fixture::sample_run())).run() == "");
}

TEST_CASE("report.html loads nothing from anywhere") {
  const auto page = page_of(fixture::sample_run());
  for (const char* reference :
       {"http://", "https://", "src=", "href=", "url(", "@import", "<script", "<link", "<img"}) {
    INFO(reference);
    CHECK(page.find(reference) == std::string::npos);
  }
}

TEST_CASE("report.html has every part of the report") {
  const auto page = page_of(fixture::sample_run());
  for (const char* heading :
       {"Goodput and SLO attainment", "Latency", "Where the time of a request went", "Pools over time", "Network",
        "Where the KV of prompts came from", "Where the money went", "What this rests on", "How to read this"}) {
    INFO(heading);
    CHECK(page.find("<h2>" + std::string(heading) + "</h2>") != std::string::npos);
  }
  CHECK(count_of(page, "<svg ") == 4 + 2 * 3);  // four latencies; three timelines for each of two pools
  CHECK(count_of(page, "SLO 300 ms") == 1);
  CHECK(page.find("<li>hand-offs retried <b>4</b></li>") != std::string::npos);
  CHECK(page.find("None of: messages lost.") != std::string::npos);
  CHECK(count_of(page, "class=\"trouble\"") == 3);  // the crash, in each of the prefill pool's timelines
}

TEST_CASE("the same run gives the same bytes") {
  CHECK(page_of(fixture::sample_run()) == page_of(fixture::sample_run()));
}

TEST_CASE("names cannot break out of the page") {
  auto run = fixture::sample_run(nullptr, 50);
  const std::string evil = "<b onclick=\"x\">'&\x01</b>";
  run.facts.scenario = run.facts.description = run.facts.version = evil;
  run.facts.warnings = {evil};
  run.facts.derived = {{evil, evil, evil}};
  run.facts.links[0].name = run.facts.links[0].bottleneck = evil;
  run.facts.pools[0].hardware = run.facts.pools[0].model = run.facts.pools[0].role = evil;
  const auto page = page_of(run);
  CHECK(XmlCheck(page).run() == "");
  CHECK(page.find("<b onclick") == std::string::npos);
}

TEST_CASE("a run of nothing still gives a page") {
  fixture::SampleRun run;
  run.recorder =
      std::make_unique<Recorder>(RecorderParams{.classes = {{"default", {}}}, .pools = {"p"}, .warm_up = {}});
  run.facts.pools.resize(1);
  CHECK(XmlCheck(page_of(run)).run() == "");
}

TEST_CASE("a run of one request of one token still gives a page") {
  fixture::SampleRun run;
  run.recorder =
      std::make_unique<Recorder>(RecorderParams{.classes = {{"default", {}}}, .pools = {"p"}, .warm_up = {}});
  run.recorder->finished(fixture::completed(0, 0, 1));
  run.recorder->sample(kStartOfTime, PoolId{std::size_t{0}}, {});
  const auto page = page_of(run);
  CHECK(XmlCheck(page).run() == "");
  CHECK(page.find("nan") == std::string::npos);
  CHECK(page.find("inf ") == std::string::npos);
}

TEST_CASE("an interrupted run says so at the top") {
  auto run = fixture::sample_run(nullptr, 20);
  run.facts.interrupted = true;
  CHECK(page_of(run).find("The run was interrupted.") != std::string::npos);
}

TEST_CASE("axes have round marks inside their range") {
  using namespace html;
  for (const double largest : {1e-6, 0.003, 0.7, 12.0, 250.0, 5000.0}) {
    for (const double smallest : {largest * 0.9, largest * 0.2, largest * 0.01, largest * 1e-5}) {
      const Axis axis = duration_axis(smallest, largest);
      INFO(smallest << " ... " << largest);
      CHECK(axis.ticks.size() >= 2);
      CHECK(axis.ticks.size() <= 12);
      for (const Tick& tick : axis.ticks) CHECK((tick.value >= axis.low && tick.value <= axis.high));
    }
  }
  for (const double end : {0.0, 0.02, 3.0, 59.0, 3600.0, 86400.0, 40 * 86400.0}) {
    const Axis axis = time_axis(end);
    INFO(end);
    CHECK(axis.ticks.size() >= 2);
    CHECK(axis.ticks.size() <= 8);
  }
  CHECK(count_axis(0).ticks.back().value == 1);
  CHECK(count_axis(7).ticks.back().value == 8);
  CHECK(count_axis(123456).ticks.back().label == "150k");
}

}  // namespace
}  // namespace cleave

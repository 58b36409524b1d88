// Known totals of public traces, where they are at hand.

#include <catch2/catch.hpp>

#include <map>

#include "sim/workload/trace/trace_stats.h"
#include "tests/unit/workload/drive.h"

using namespace cleave;
using namespace cleave::test;
using namespace std::chrono_literals;

namespace {

std::optional<TraceStats> stats_of(TraceFormat format, const std::string& name,
                                   std::optional<Tokens> block_size = std::nullopt) {
  const auto path = shared_trace(name);
  if (!path) {
    WARN("SKIPPED: " << name << " is not here");
    return std::nullopt;
  }
  Problems problems(*path);
  const auto reader = open_trace(trace(format, *path), SegmentNames{ClassId{}}, problems);
  return trace_stats(*reader, format, block_size);
}

}  // namespace

TEST_CASE("the Mooncake conversation trace has its published counts, lengths and reuse") {
  const auto stats = stats_of(TraceFormat::mooncake, "mooncake_conversation_trace.jsonl.gz");
  if (!stats) return;
  CHECK(stats->requests == 12031);
  CHECK(stats->input.total == 144'793'823);
  CHECK(stats->output.total == 4'122'048);
  CHECK(stats->input.p50 == 6909);
  CHECK(stats->input.p95 == Approx(39'551).margin(1));
  CHECK(stats->input.p99 == Approx(85'400).margin(1));
  CHECK(stats->input.max == 126'195);
  CHECK(stats->arrivals.distinct_times == 1180);
  CHECK(*stats->arrivals.index_of_dispersion == Approx(2.9).margin(0.06));
  CHECK(stats->blocks->accesses == 288'500);
  CHECK(stats->blocks->unique == 182'790);
  CHECK(stats->blocks->hit_ratio_blocks == Approx(0.3664).margin(5e-5));
  CHECK(stats->blocks->hit_ratio_tokens == Approx(0.3736).margin(5e-5));
}

TEST_CASE("chained keys at 512 tokens find the reuse of the recorded full blocks") {
  const auto stats = stats_of(TraceFormat::mooncake, "mooncake_conversation_trace.jsonl.gz", Tokens{512});
  if (!stats) return;
  CHECK(stats->blocks->hit_ratio_tokens == Approx(0.373).margin(0.001));
}

TEST_CASE("sixteen-token keys of the conversation trace reuse what its 512-token blocks do, and repeated tails") {
  const auto stats = stats_of(TraceFormat::mooncake, "mooncake_conversation_trace.jsonl.gz", Tokens{16});
  if (!stats) return;
  CHECK(stats->blocks->accesses == 9'044'013);
  CHECK(stats->blocks->hit_ratio_tokens == Approx(0.3735).margin(0.0002));
}

TEST_CASE("prefix linkage finds conversations whose gaps are those published") {
  const auto path = shared_trace("mooncake_conversation_trace.jsonl.gz");
  if (!path) {
    WARN("SKIPPED: the conversation trace is not here");
    return;
  }
  auto params = trace(TraceFormat::mooncake, *path);
  params.linkage = SessionLinkage::prefix;
  std::map<std::uint32_t, TimePoint> latest;
  std::vector<double> gaps;
  for (const Request& r : drive(*workload_of(params), 1s)) {
    if (r.turn > 0) gaps.push_back(to_seconds(r.arrival - latest.at(r.session.value())));
    latest[r.session.value()] = r.arrival;
  }
  CHECK(latest.size() == 8099);
  std::sort(gaps.begin(), gaps.end());
  CHECK(gaps[gaps.size() / 2] == Approx(123).margin(3));
  CHECK(gaps[gaps.size() * 9 / 10] == Approx(483).margin(12));
}

TEST_CASE("the merged agentic trace has its known block counts") {
  const auto stats = stats_of(TraceFormat::mooncake, "agentic512_dev_trace.jsonl.gz");
  if (!stats) return;
  CHECK(stats->requests == 21'518);
  CHECK(stats->sessions == 337);
  CHECK(stats->blocks->accesses == 5'062'990);
  CHECK(stats->blocks->unique == 190'626);
  CHECK(stats->blocks->hit_ratio_blocks == Approx(0.9623).margin(5e-5));
}

TEST_CASE("the agent sessions have their known counts and lengths") {
  const auto stats = stats_of(TraceFormat::agentic, "agentic_sessions_dev.jsonl.gz");
  if (!stats) return;
  CHECK(stats->requests == 21'518);
  CHECK(stats->sessions == 337);
  CHECK(stats->arrivals.count == 337);
  CHECK(stats->input.p50 == Approx(103'000).epsilon(0.01));
  CHECK(stats->input.p95 == Approx(297'000).epsilon(0.01));
  CHECK(stats->input.max == 880'502);
  CHECK(stats->output.p50 == 221);
  CHECK(stats->output.p95 == Approx(1512).margin(1));
}

TEST_CASE("the Azure conversation trace has its published counts and lengths") {
  const auto stats = stats_of(TraceFormat::azure, "azure2023_conv.csv.gz");
  if (!stats) return;
  CHECK(stats->requests == 19'366);
  CHECK(*stats->arrivals.per_second == Approx(5.53).margin(0.005));
  CHECK(stats->arrivals.peak_minute == 507);
  CHECK(stats->input.p50 == 1020);
  CHECK(stats->input.p99 == Approx(4142).margin(1));
  CHECK(stats->input.max == 14'050);
  CHECK(stats->output.p50 == 129);
  CHECK(stats->output.p99 == Approx(601).margin(1));
}

// How often the gate is right: whole simulations, compared by `cleave check`, over and over with new seeds.

#include "tests/smoke/process.h"

namespace cleave {
namespace {

constexpr const char* kScenario =
    "pools: [{name: all, replicas: 2}]\n"
    "workload: {classes: [{slo: {ttft: 1 s}, traffic: {type: synthetic, input: 500, output: OUTPUT, requests: 60,\n"
    "  arrivals: {type: poisson, rate: 6 req/s}}}]}\n";

constexpr const char* kMetrics =
    "replicates: 10\n"
    "metrics:\n"
    "  - {metric: e2e_s.mean, better: lower, margin: 1 %}\n"
    "  - {metric: tpot_s.mean, better: lower, margin: 1 %}\n"
    "  - {metric: ttft_s.mean, better: lower, margin: 2 %}\n"
    "  - {metric: ttft_s.p99, better: lower, margin: 5 %}\n"
    "  - {metric: goodput_req_per_s, better: higher, margin: 5 %}\n"
    "  - {metric: slo_attainment, better: higher, margin: 0.01}\n";

/// Writes scenarios of 100 output tokens and of 103: the same work, but for 3 % more decoding.
void write_scenarios(const Scratch& scratch) {
  for (const char* output : {"100", "103"}) {
    std::string text = kScenario;
    text.replace(text.find("OUTPUT"), 6, output);
    write_file(scratch.path() / ("output" + std::string(output) + ".yaml"), text);
  }
}

/// The exit code of a check of `head` against output100, with the seeds of this trial on the head's side and, if
/// `paired`, on the base's; else with others.
int check(const Scratch& scratch, const std::string& head, int trial, bool paired) {
  const auto file = [&](const std::string& name, int seed) {
    write_file(scratch.path() / name, "scenarios: [output100.yaml]\nhead_scenarios: [" + head +
                                          "]\nfirst_seed: " + std::to_string(seed) + "\n" + kMetrics);
  };
  file("head.yaml", 1000 * trial);
  if (paired) return cleave_in(scratch.path(), {"check", "head.yaml", "--quiet"}).code;
  file("base.yaml", 1000 * trial + 500);
  REQUIRE(cleave_in(scratch.path(), {"check", "base.yaml", "--quiet", "--write-baseline", "kept.json"}).code == 0);
  return cleave_in(scratch.path(), {"check", "head.yaml", "--quiet", "--baseline", "kept.json"}).code;
}

int count_code(const std::string& head, int trials, bool paired, int code) {
  const Scratch scratch;
  write_scenarios(scratch);
  int found = 0;
  for (int trial = 1; trial <= trials; ++trial) found += check(scratch, head, trial, paired) == code ? 1 : 0;
  return found;
}

TEST_CASE("ten planted regressions of 3 % are caught", "[short]") {
  CHECK(count_code("output103.yaml", 10, true, 4) >= 9);
}

TEST_CASE("in ten trials the same system under other seeds is not called worse", "[short]") {
  CHECK(count_code("output100.yaml", 10, false, 4) == 0);
}

TEST_CASE("a planted regression of 3 % is caught in at least 95 of 100 trials of whole simulations", "[.long]") {
  CHECK(count_code("output103.yaml", 100, true, 4) >= 95);
}

TEST_CASE("the same system under other seeds is called worse in at most 5 of 100 trials of whole simulations",
          "[.long]") {
  CHECK(count_code("output100.yaml", 100, false, 4) <= 5);
}

}  // namespace
}  // namespace cleave

// cleave verify --only engines, on small recordings of every kind (tests/fixtures/validation, made up by hand).

#include <nlohmann/json.hpp>

#include "tests/smoke/process.h"

namespace cleave {
namespace {

using Catch::Contains;
using Json = nlohmann::json;

const std::string kData = std::string(CLEAVE_SOURCE_DIR) + "/tests/fixtures/validation";

const Json& kind_of(const Json& report, const std::string& name) {
  for (const Json& kind : report["kinds"]) {
    if (kind["kind"] == name) return kind;
  }
  FAIL("no kind " << name);
  return report;
}

const Json& named(const Json& list, const std::string& key, const std::string& name) {
  for (const Json& entry : list) {
    if (entry[key] == name) return entry;
  }
  FAIL("no " << name);
  return list;
}

double measured(const Json& run, const std::string& quantity) {
  return named(run["comparisons"], "name", quantity)["measured"];
}

TEST_CASE("every kind of recording is simulated and compared with what was measured") {
  const Answer answer = cleave({"verify", "--only", "engines", "--data", kData, "--format", "json"});
  INFO(answer.err);
  CHECK(answer.code == 4);  // made-up measurements miss their targets
  const Json report = Json::parse(answer.out);
  CHECK(report["complete"] == true);

  // Arrivals at 0.5 s of the load's clock and queueing at 0.01 s of the engine's: the least difference is -0.5 s.
  const Json& traced = kind_of(report, "e2e_vllm_llmservingsim")["runs"];
  REQUIRE(traced.size() == 2);  // as derived, and with the engine's own blocks
  CHECK(traced[0]["status"] == "compared");
  CHECK(measured(traced[0], "TPOT mean") == Approx(0.01));
  CHECK(measured(traced[0], "TTFT mean") == Approx((0.03 + 0.02 + 0.02) / 3));
  CHECK(traced[1]["facts"]["KV blocks"] == "20000");
  CHECK(named(traced[0]["series"], "name", "output tokens a second")["measured"] == Json({32.0, 5.0}));
  CHECK(named(traced[0]["request_errors"], "name", "TPOT")["count"] == 3);

  const Json& turns = kind_of(report, "e2e_multiturn_kvoffload_b200")["runs"];
  const Json& off = named(turns, "run", "tp1_bs2_offloadoff");
  CHECK(off["facts"]["clients"] == "2");
  CHECK(measured(off, "GPU prefix hits of tokens looked up") == Approx(0.5));
  CHECK(measured(off, "requests a second") == Approx(5 / 0.4));
  CHECK(named(off["comparisons"], "name", "GPU prefix hits of tokens looked up")["simulated"] > 0.2);
  CHECK(named(turns, "run", "tp1_bs2_offloadon")["run"] == "tp1_bs2_offloadon");

  const Json& rows = kind_of(report, "e2e_silicon_inferencex");
  CHECK(named(rows["runs"], "run", "a1")["status"] == "compared");
  CHECK(named(rows["runs"], "run", "a2")["why"] == "the catalogue has no model nobody/Nothing-1B");
  CHECK(named(rows["runs"], "run", "d3")["facts"]["accelerators"] == "8");
  CHECK(rows["targets"][0]["pass"] == true);  // more clients, more tokens

  const Json& agents = kind_of(report, "e2e_agentic_dsr1_b200")["runs"][0];
  CHECK(agents["facts"]["prompts without recorded blocks"] == "1");
  CHECK(measured(agents, "E2E mean") == Approx(0.35));  // a call that failed is load, and is not compared

  const Json& service = kind_of(report, "e2e_lmbench_llmd")["runs"];
  CHECK(service[0]["facts"]["hardware"] == "a100-80-sxm");
  CHECK(measured(service[0], "TPOT mean") == Approx(0.05));
  CHECK_THAT(service[1]["why"].get<std::string>(), Contains("no deployment"));

  CHECK(measured(kind_of(report, "e2e_static_batches")["runs"][0], "TPOT") == Approx(0.055));
  const Json& steps = kind_of(report, "steps_fpm")["runs"][0];
  CHECK(measured(steps, "decode, sweep, mean step") == Approx(0.007));  // the step that did not wait is left out
  CHECK(measured(steps, "context, sweep, mean step") == Approx(0.04));
}

TEST_CASE("runs are chosen by a part of their name, and two runs of the program agree to the byte") {
  const std::vector<std::string> words{"verify", "--only", "engines/steps_fpm", "--data", kData, "--format", "json"};
  const Answer first = cleave(words);
  CHECK(first.code == 0);
  CHECK(Json::parse(first.out)["kinds"].size() == 1);
  CHECK(cleave(words).out == first.out);
}

TEST_CASE("nothing to compare is inconclusive, and no data folder is bad input") {
  const Scratch scratch;
  const Answer empty = cleave_in(scratch.path(), {"verify", "--only", "engines", "--data", "."});
  CHECK(empty.code == 5);
  const Answer page = cleave_in(scratch.path(), {"verify", "--page", "x.md"});
  CHECK(page.code == 2);
}

TEST_CASE("the results page names what was missed as well as what was reached") {
  const Scratch scratch;
  const Answer answer = cleave_in(scratch.path(), {"verify", "--only", "engines", "--data", kData, "--page", "p.md"});
  CHECK(answer.code == 4);
  CHECK_THAT(answer.out, Contains("FAIL") && Contains("PASS"));
  const std::string page = read_file(scratch.path() / "p.md");
  CHECK_THAT(page, Contains("**missed**") && Contains("reached") && Contains("TTFT p99") &&
                       Contains("1 rows not compared: the catalogue has no model nobody/Nothing-1B"));
}

}  // namespace
}  // namespace cleave

#include "sim/report/summary_json.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "sim/report/economics.h"
#include "sim/report/manifest_json.h"
#include "tests/unit/report/sample_run.h"

namespace cleave {
namespace {

using nlohmann::json;

json summary_of(const fixture::SampleRun& run) {
  return json::parse(summary_json(run.facts, run.recorder->results()));
}

TEST_CASE("summary.json has every promised key") {
  const auto summary = summary_of(fixture::sample_run());
  for (const char* key : {"scenario",
                          "seed",
                          "version",
                          "interrupted",
                          "simulated_s",
                          "events",
                          "flows",
                          "requests",
                          "tokens",
                          "window",
                          "ttft_s",
                          "tpot_s",
                          "itl_s",
                          "itl_request_mean_s",
                          "e2e_s",
                          "queue_s",
                          "stage_mean_s",
                          "goodput_req_per_s",
                          "slo_attainment",
                          "request_throughput_req_per_s",
                          "output_tokens_per_s",
                          "output_tokens_per_s_per_gpu",
                          "kv_hit_ratio_tokens",
                          "cost_usd",
                          "cost_usd_per_mtok_output",
                          "full_run",
                          "pools",
                          "links",
                          "classes",
                          "counters",
                          "derived",
                          "warnings"}) {
    INFO(key);
    CHECK(summary.contains(key));
  }
  for (const char* key : {"arrived", "completed", "rejected", "failed", "unfinished"}) {
    CHECK(summary["requests"][key].is_number_integer());
  }
  for (const char* key : {"input", "output"}) CHECK(summary["tokens"][key].is_number_integer());
  for (const char* latency : {"ttft_s", "tpot_s", "itl_s", "e2e_s", "queue_s"}) {
    for (const char* key : {"mean", "p50", "p90", "p95", "p99", "max", "count"}) {
      INFO(latency << "." << key);
      CHECK(summary[latency][key].is_number());
      CHECK(summary["full_run"][latency][key].is_number());
    }
  }
  REQUIRE(summary["pools"].size() == 2);
  for (const char* key : {"name", "utilisation", "cost_usd", "replicas", "accelerators", "kv_blocks_per_replica"}) {
    CHECK(summary["pools"][0].contains(key));
  }
  REQUIRE(summary["classes"].size() == 2);
  CHECK(summary["classes"][0]["ttft_s"]["p99"].is_number());
  CHECK(summary["links"][0]["peak_utilisation"] == 0.734);
}

TEST_CASE("summary.json agrees with itself") {
  const auto run = fixture::sample_run();
  const auto s = summary_of(run);
  const auto& requests = s["requests"];
  CHECK(requests["arrived"] == 2000);
  CHECK(requests["completed"].get<int>() + requests["rejected"].get<int>() + requests["failed"].get<int>() +
            requests["unfinished"].get<int>() ==
        2000);
  CHECK(s["window"]["requests"]["arrived"].get<int>() < 2000);
  CHECK(s["full_run"]["slo_attainment"].get<double>() > 0.5);
  CHECK(s["goodput_req_per_s"].get<double>() ==
        Approx(s["slo_attainment"].get<double>() * s["window"]["requests"]["arrived"].get<double>() /
               s["window"]["duration_s"].get<double>()));
  CHECK(s["output_tokens_per_s_per_gpu"].get<double>() == Approx(s["output_tokens_per_s"].get<double>() / 24));
  CHECK(s["pools"][0]["utilisation"].get<double>() == Approx(0.55));
  CHECK(s["pools"][1]["kv_blocks_per_replica"].is_null());
  const double hours = s["simulated_s"].get<double>() / 3600;
  CHECK(s["cost_usd"].get<double>() == Approx((16 * 2.5 + 8 * 3.8) * hours));
  CHECK(s["cost_usd_per_mtok_output"].get<double>() ==
        Approx(s["cost_usd"].get<double>() / s["tokens"]["output"].get<double>() * 1e6));
  CHECK(s["ttft_s"]["p50"].get<double>() <= s["ttft_s"]["p90"].get<double>());
}

TEST_CASE("under a price list storage costs what the list says for the time that all is paid for") {
  auto run = fixture::sample_run();
  run.facts.simulated = std::chrono::hours{2};
  // The entries' prices, until the last claim was over: another list, and longer.
  run.facts.storage.push_back({"host", "DRAM", {{"access_fees_usd", 0.25}, {"rent_usd", 0.5}}, {}});
  ClusterCosts costs;
  costs.accelerators_per_hour = 10;
  costs.storage_per_hour = 2;
  costs.egress_per_hour = 1;
  costs.total_per_hour = 13;
  run.facts.costs = ListedCosts{"a list", "2026-01", "of tests", costs};
  const auto s = summary_of(run);
  CHECK(s["cost_usd"].get<double>() == Approx(26));
  CHECK(s["cost_usd_storage"].get<double>() == Approx(4));
  CHECK_FALSE(s["costs"].contains("pools_priced_by_scenario"));
  run.facts.costs->priced_by_scenario = {"decode"};
  CHECK(summary_of(run)["costs"]["pools_priced_by_scenario"] == std::vector<std::string>{"decode"});
}

TEST_CASE("rent and fees of tiers are part of what a run costs") {
  auto run = fixture::sample_run();
  const double without = summary_of(run)["cost_usd"].get<double>();
  CHECK(summary_of(run)["cost_usd_storage"] == 0.0);
  run.facts.storage.push_back({"host", "DRAM", {{"access_fees_usd", 0.25}, {"rent_usd", 0.5}, {"hits", 7}}, {}});
  run.facts.storage.push_back({"decode", "accelerator memory", {}, {}});
  const auto s = summary_of(run);
  CHECK(s["cost_usd_storage"].get<double>() == Approx(0.75));
  CHECK(s["cost_usd"].get<double>() == Approx(without + 0.75));
  CHECK(s["cost_usd_per_mtok_output"].get<double>() ==
        Approx(s["cost_usd"].get<double>() / s["tokens"]["output"].get<double>() * 1e6));
}

TEST_CASE("what is undefined is null in summary.json") {
  Recorder recorder({.classes = {{"default", {}}}, .pools = {}, .warm_up = {}});
  RunFacts facts;
  facts.pools.push_back({.name = "p",
                         .role = "mixed",
                         .hardware = "x",
                         .model = "y",
                         .replicas = 1,
                         .accelerators = 1,
                         .price = std::nullopt});
  const auto s = json::parse(summary_json(facts, recorder.results()));
  CHECK(s["ttft_s"]["count"] == 0);
  CHECK(s["ttft_s"]["p99"].is_null());
  CHECK(s["goodput_req_per_s"].is_null());
  CHECK(s["slo_attainment"].is_null());
  CHECK(s["kv_hit_ratio_tokens"].is_null());
  CHECK(s["cost_usd"].is_null());
  CHECK(s["cost_usd_per_mtok_output"].is_null());
  CHECK(s["pools"][0]["utilisation"].is_null());
}

TEST_CASE("one pool without a price leaves the run's cost undefined") {
  auto run = fixture::sample_run(nullptr, 10);
  CHECK(cost_of(run.facts).has_value());
  run.facts.pools[1].price.reset();
  CHECK(cost_of(run.facts.pools[0], run.facts.simulated).has_value());
  CHECK_FALSE(cost_of(run.facts).has_value());
}

TEST_CASE("names that are not UTF-8 do not stop the summary") {
  auto run = fixture::sample_run(nullptr, 10);
  run.facts.scenario = "caf\xe9";
  CHECK_NOTHROW(json::parse(summary_json(run.facts, run.recorder->results())));
}

TEST_CASE("the manifest holds what is needed to run again") {
  auto run = fixture::sample_run(nullptr, 10);
  run.facts.interrupted = true;
  const std::vector<std::string> files{"requests.csv", "summary.json"};
  const auto m = json::parse(manifest_json(run.facts, files));
  CHECK(m["kind"] == "cleave run");
  CHECK(m["seed"] == 7);
  CHECK(m["version"] == "0.1.0");
  CHECK(m["interrupted"] == true);
  CHECK(m["files"] == json(files));
  CHECK(m["catalogue"]["hardware/h100-sxm.yaml"] == "9f2c");
  CHECK(m["resolved_scenario"]["name"] == "chat-and-agents");
}

}  // namespace
}  // namespace cleave

// cleave plan, end to end: the answer of trying everything, with few simulations, and a report that says why.

#include <map>
#include <nlohmann/json.hpp>

#include "tests/smoke/process.h"

namespace cleave {
namespace {

using Catch::Contains;
using Json = nlohmann::json;

constexpr const char* kScenario =
    "pools: [{name: all}]\n"
    "workload: {classes: [{slo: {ttft: 1 s, tpot: 40 ms}, traffic: {type: synthetic, input: 4000, output: 100,\n"
    "  requests: 600, arrivals: {type: poisson, rate: 20 req/s}}}]}\n";

constexpr const char* kPlan =
    "scenario: base.yaml\n"
    "prices: [specialty-2026-05]\n"
    "slo:\n"
    "  - {metric: slo_attainment, at_least: 0.95}\n"
    "layouts:\n"
    "  - name: split\n"
    "    pools:\n"
    "      - {name: p, role: prefill, hardware: [h100-sxm], replicas: {from: 1, to: 7}}\n"
    "      - {name: d, role: decode, hardware: [h100-sxm], replicas: {from: 1, to: 7}}\n";

struct Trial {
  Scratch scratch;
  explicit Trial(const std::string& plan = kPlan) {
    write_file(scratch.path() / "base.yaml", kScenario);
    write_file(scratch.path() / "plan.yaml", plan);
  }
  [[nodiscard]] Answer run() const {
    return cleave_in(scratch.path(), {"plan", "plan.yaml", "--format", "json", "--quiet"});
  }
};

/// What is left of a plan when each cluster of it is a plan of its own: does it hold?
bool holds_alone(const Trial& trial, int prefill, int decode) {
  std::string plan = kPlan;
  const auto fix = [&](int count) {
    plan.replace(plan.find("{from: 1, to: 7}"), 16,
                 "{from: " + std::to_string(count) + ", to: " + std::to_string(count) + " }");
  };
  fix(prefill);
  fix(decode);
  write_file(trial.scratch.path() / "one.yaml", plan);
  return cleave_in(trial.scratch.path(), {"plan", "one.yaml", "--quiet"}).code == 0;
}

TEST_CASE("a plan finds what trying every cluster finds, with at most a fifth of the simulations") {
  const Trial trial;
  const Answer answer = trial.run();
  INFO(answer.err);
  REQUIRE(answer.code == 0);
  const Json found = Json::parse(answer.out)["answers"][0];
  const int prefill = found["best"]["pools"][0]["replicas"];
  const int decode = found["best"]["pools"][1]["replicas"];
  CHECK(found["candidates"] == 49);
  CHECK(5 * found["simulated"].get<int>() <= 49);
  int least = 100;
  for (int p = 1; p <= 7; ++p) {
    for (int d = 1; d <= 7 && p + d <= prefill + decode; ++d) {  // all have one price: fewer accelerators, less cost
      if (holds_alone(trial, p, d)) least = std::min(least, p + d);
    }
  }
  CHECK(least == prefill + decode);
}

TEST_CASE("the report says what to buy, what binds, and why each of the others loses") {
  const Trial trial;
  const Answer answer = trial.run();
  REQUIRE(answer.code == 0);
  const Json report = Json::parse(answer.out);
  for (const auto& rank : report["answers"][0]["ranking"]) {
    INFO(rank.dump());
    CHECK(!rank["why"].get<std::string>().empty());
  }
  CHECK(report["answers"][0]["ranking"][0]["verdict"] == "best");
  const Json costs = report["answers"][0]["best"]["costs"];
  CHECK(costs["usd_per_mtok_input"].get<double>() > 0);
  CHECK(costs["usd_per_mtok_output"].get<double>() > 0);
  CHECK(costs["watts"].get<double>() > 0);
  const std::string html = read_file(trial.scratch.path() / "runs" / "plan.plan" / "report.html");
  CHECK_THAT(html,
             Contains("Ranking") && Contains("specialty-2026-05") && !Contains("http://") && !Contains("<script"));
}

TEST_CASE("bad parts of a plan are told, and the rest is planned") {
  std::string text = kPlan;
  text.replace(text.find("layouts:"), 8,
               "  - {metric: ttft_s.p99, at_most: 1 ms, at_least: 2 ms}\n"
               "  - {metric: e2e_s.p99, at_most: much}\n"
               "  - {metric: tpot_s.p50, at_most: 1 ms}\n"
               "  - {metric: tpot_s.p50, at_least: 2 ms}\n"
               "  - {metric: ttft_s.p90x, at_most: 1 s}\n"
               "layouts:\n"
               "  - {name: nothing, pools: []}\n"
               "  - {name: unsold, pools: [{name: x, hardware: [h20, no-such]}]}");
  const Answer answer = Trial(text).run();
  INFO(answer.err);
  CHECK(answer.code == 2);
  CHECK_THAT(answer.err, Contains("ttft_s.p99 contradicts itself") && Contains("e2e_s.p99 is \"much\"") &&
                             Contains("both were left out") && Contains("layout nothing") &&
                             Contains("summary.json has no `ttft_s.p90x`; did you mean `ttft_s.p90`?"));
  const Json found = Json::parse(answer.out)["answers"][0];
  CHECK(!found["best"].is_null());
  CHECK_THAT(found["notes"].dump(), Contains("h20 has no price") && Contains("no-such"));
}

TEST_CASE("what nothing can meet is inconclusive, not an answer") {
  std::string text = kPlan;
  text.replace(text.find("at_least: 0.95"), 14, "at_least: 0.95}\n  - {metric: ttft_s.p50, at_most: 1 us");
  const Answer answer = Trial(text).run();
  CHECK(answer.code == 5);
  CHECK(Json::parse(answer.out)["answers"][0]["best"].is_null());
}

TEST_CASE("an unknown price list names the known ones") {
  std::string text = kPlan;
  text.replace(text.find("specialty-2026-05"), 17, "speciality-2026-05");
  const Answer answer = Trial(text).run();
  CHECK(answer.code == 2);
  CHECK_THAT(answer.err, Contains("did you mean `specialty-2026-05`?"));
}

TEST_CASE("the highest goodput within a budget is bracketed by a rate that holds and one that does not") {
  const Trial trial(
      std::string(kPlan) +
      "objective: highest_goodput\n"
      "limits: {budget: 9.5 $/h}\n"
      "rate: {path: \"workload.classes[0].traffic.arrivals.rate\", from: 2 req/s, to: 200 req/s, precision: 0.2}\n");
  const Answer answer = trial.run();
  INFO(answer.err);
  REQUIRE(answer.code == 0);
  const Json best = Json::parse(answer.out)["answers"][0]["best"];
  const double holds = best["best_rate_req_per_s"];
  CHECK(holds >= 2);
  CHECK(best["fails_at_req_per_s"].get<double>() <= 1.2 * holds + 1e-9);
  CHECK(best["costs"]["accelerators_usd_per_h"].get<double>() <= 9.5);
}

// Conversations that come back to a small cache: what a tier keeps need not be computed again.
constexpr const char* kTalk =
    "pools: [{name: all}]\n"
    "workload: {classes: [{slo: {ttft: 1500 ms, tpot: 60 ms}, traffic: {type: synthetic, input: 6000, output: 60,\n"
    "  requests: 250, arrivals: {type: poisson, rate: 2 req/s},\n"
    "  session: {turns: 5, new_tokens: 200, think_time: 15 s}}}]}\n";

constexpr const char* kStoragePlan =
    "scenario: base.yaml\n"
    "prices: [specialty-2026-05]\n"
    "slo: [{metric: slo_attainment, at_least: 0.95}]\n"
    "layouts:\n"
    "  - name: mixed\n"
    "    pools:\n"
    "      - {name: all, hardware: [h100-sxm], replicas: {from: 1, to: 8}, with: {engine.kv_blocks: 1500}}\n"
    "    options:\n"
    "      memory only: {}\n"
    "      flash: {tiers: [{name: flash, medium: nvme-gen5, scope: replica, capacity: 500 GB}]}\n"
    "      too much: {tiers: [{name: host, medium: dram-pcie5, scope: replica, capacity: 900 GiB}]}\n"
    "      unsold: {tiers: [{name: store, medium: s3-express, scope: region, capacity: 1 TB}]}\n";

TEST_CASE("storage on offer is priced by the list, and what the list or the server lacks cannot be bought") {
  Trial trial(kStoragePlan);
  write_file(trial.scratch.path() / "base.yaml", kTalk);
  const Answer answer = trial.run();
  INFO(answer.err);
  REQUIRE(answer.code == 0);
  const Json found = Json::parse(answer.out)["answers"][0];
  INFO(found["ranking"].dump(1));
  std::map<std::string, Json> by_cluster;
  for (const Json& rank : found["ranking"]) by_cluster[rank["cluster"]] = rank;
  const Json& flash = by_cluster["mixed: 2 x h100-sxm all, flash"];
  REQUIRE(flash.is_object());
  CHECK(flash["usd_per_h"].get<double>() == Approx(2 * (3.0 + 500 * 0.006 / 730)));
  const auto why = [&](const char* cluster) { return by_cluster[cluster].value("why", ""); };
  CHECK_THAT(why("mixed: h100-sxm all, too much"), Contains("tier host") && Contains("come with"));
  CHECK_THAT(why("mixed: h100-sxm all, unsold"), Contains("s3-express has no price in specialty-2026-05"));
}

/// Two $/h accelerators against one with flash behind it: what conversations come back to need not be computed again.
constexpr const char* kFlashPlan =
    "scenario: base.yaml\n"
    "prices: [LIST]\n"
    "slo: [{metric: slo_attainment, at_least: 0.9}]\n"
    "layouts:\n"
    "  - name: mixed\n"
    "    pools:\n"
    "      - {name: all, hardware: [h100-sxm], replicas: {from: 1, to: 4}, with: {engine.kv_blocks: 3000}}\n"
    "    options:\n"
    "      memory only: {}\n"
    "      flash: {tiers: [{name: flash, medium: nvme-gen5, scope: replica, capacity: 2 TB}]}\n";

/// What is bought for prompts of 8000 tokens when `session` says how they come back.
Json bought(const std::string& session, const std::string& arrivals, const std::string& list) {
  std::string plan = kFlashPlan;
  Trial trial(plan.replace(plan.find("LIST"), 4, list));
  write_file(trial.scratch.path() / "base.yaml",
             "pools: [{name: all}]\n"
             "router: {prefill: session_affinity}\n"
             "workload: {classes: [{slo: {ttft: 2 s, tpot: 100 ms}, traffic: {type: synthetic, input: 8000,\n"
             "  output: 40, requests: 300, arrivals: {type: poisson, rate: " +
                 arrivals + "}" + session + "}}]}\n");
  const Answer answer = trial.run();
  INFO(answer.err << answer.out);
  REQUIRE(answer.code == 0);
  return Json::parse(answer.out)["answers"][0]["best"];
}

constexpr const char* kConversation = ", session: {turns: 5, new_tokens: 100, think_time: 15 s}";

/// A catalogue with one more price list, while it lives: `dear` is specialty-2026-05 with flash at a thousand times its
/// price.
class DearFlash {
 public:
  DearFlash() {
    const auto folder = scratch_.path() / "catalog";
    std::filesystem::copy(std::filesystem::path(CLEAVE_SOURCE_DIR) / "models/catalog", folder,
                          std::filesystem::copy_options::recursive);
    std::string list = read_file(folder / "prices/specialty-2026-05.yaml");
    const std::string flash = "nvme-gen5:\n    per_gb_month: {value: 0.006 $";
    REQUIRE(list.find(flash) != std::string::npos);
    list.replace(list.find(flash), flash.size(), "nvme-gen5:\n    per_gb_month: {value: 6 $");
    write_file(folder / "prices/dear.yaml", list);
    REQUIRE(::setenv("CLEAVE_CATALOG", folder.c_str(), 1) == 0);
  }
  ~DearFlash() { ::unsetenv("CLEAVE_CATALOG"); }
  DearFlash(const DearFlash&) = delete;
  DearFlash& operator=(const DearFlash&) = delete;

 private:
  Scratch scratch_;
};

TEST_CASE("storage is bought where the accelerator that it saves costs more") {
  const Json best = bought(kConversation, "0.8 req/s", "specialty-2026-05");
  CHECK(best["option"] == "flash");
  CHECK(best["pools"][0]["replicas"] == 1);
  CHECK(best["costs"]["total_usd_per_h"].get<double>() == Approx(3.0 + 2000 * 0.006 / 730));
}

TEST_CASE("dear storage is not bought, and a second accelerator is") {
  const DearFlash prices;
  const Json best = bought(kConversation, "0.8 req/s", "dear");
  CHECK(best["option"] == "memory only");
  CHECK(best["pools"][0]["replicas"] == 2);
  CHECK(best["costs"]["total_usd_per_h"].get<double>() == Approx(6.0));
}

TEST_CASE("storage is not bought for prompts that do not come back") {
  const Json best = bought("", "4 req/s", "specialty-2026-05");
  CHECK(best["option"] == "memory only");
  CHECK(best["pools"][0]["replicas"].get<int>() >= 2);
}

TEST_CASE("a run under a price list has the cost lines of a plan") {
  std::string text = kPlan;
  text.replace(text.find("{from: 1, to: 7}"), 16, "{from: 6, to: 6}");
  text.replace(text.find("{from: 1, to: 7}"), 16, "{from: 2, to: 2}");
  text.replace(text.find("hardware: [h100-sxm]"), 20, "hardware: [a100-80-sxm]");
  const Trial trial(text + "    set: {tiers: [{name: host, medium: dram-pool-rdma, capacity: 64 GB, scope: node}]}\n" +
                    "replicates: 2\nmost_replicates: 2\n");
  const Answer answer = trial.run();
  INFO(answer.err << answer.out);
  const Json plan = Json::parse(answer.out)["answers"][0]["evaluated"][0];
  const auto seeds = plan["seeds"].get<int>();
  const char* kPools =
      "pools=[{name: p, role: prefill, hardware: a100-80-sxm, replicas: 6}, {name: d, role: decode, replicas: 2}]";
  std::map<std::string, double> means;
  for (int seed = 1; seed <= seeds; ++seed) {
    const Answer run = cleave_in(trial.scratch.path(),
                                 {"run", "base.yaml", "--no-report", "--quiet", "--format", "json", "--seed",
                                  std::to_string(seed), "--set", kPools, "--set", "prices=specialty-2026-05", "--set",
                                  "tiers=[{name: host, medium: dram-pool-rdma, capacity: 64 GB, scope: node}]"});
    INFO(run.err);
    REQUIRE(run.code == 0);
    const Json summary = Json::parse(run.out);
    CHECK(summary["costs"]["prices"] == "specialty-2026-05");
    for (const auto& [key, value] : summary["costs"].items()) {
      if (value.is_number()) means[key] += value.get<double>() / seeds;
    }
    CHECK(summary["cost_usd"].get<double>() ==
          Approx(summary["costs"]["total_usd_per_h"].get<double>() * summary["simulated_s"].get<double>() / 3600));
  }
  CHECK(means["accelerators_usd_per_h"] == Approx(6 * 1.4 + 2 * 3.0));
  CHECK(means["storage_usd_per_h"] > 0);
  for (const char* key : {"accelerators_usd_per_h", "storage_usd_per_h", "watts", "power_usd_per_h",
                          "usd_per_mtok_input", "usd_per_mtok_output"}) {
    INFO(key);
    CHECK(means[key] == Approx(plan["costs"][key].get<double>()).epsilon(1e-3));
  }
}

TEST_CASE("a run says what it cost by its list, and what the list does not price") {
  const Trial trial;
  const auto run = [&](std::vector<std::string> more) {
    std::vector<std::string> words{"run", "base.yaml", "--quiet", "--out", "out"};
    words.insert(words.end(), more.begin(), more.end());
    return cleave_in(trial.scratch.path(), words);
  };
  const Answer listed = run({"--set", "prices=major-clouds-2026-03", "--set",
                             "tiers=[{name: pool, medium: cxl-pool, capacity: 64 GB, scope: node}]"});
  INFO(listed.err);
  REQUIRE(listed.code == 0);
  CHECK_THAT(listed.out, Contains("prices of major-clouds-2026-03 (2026-03): $6.73/h") && Contains("of power") &&
                             Contains("tier pool: cxl-pool has no price in major-clouds-2026-03"));
  CHECK_THAT(read_file(trial.scratch.path() / "out/report.html"),
             Contains("An hour by the prices of major-clouds-2026-03"));
  CHECK_THAT(read_file(trial.scratch.path() / "out/manifest.json"), Contains("prices/major-clouds-2026-03.yaml"));
  CHECK_THAT(run({"--set", "prices=major-cloud-2026-03"}).err, Contains("did you mean `major-clouds-2026-03`?"));
  const Answer unpriced = run({"--set", "prices=specialty-2026-05", "--set", "pools=[{name: all, hardware: l40s}]"});
  CHECK(unpriced.code == 0);
  CHECK_THAT(unpriced.out, Contains("no price for l40s") && !Contains("prices of specialty-2026-05"));
}

TEST_CASE("policies and engines are chosen from, every combination with every option") {
  std::string text = kPlan;
  text.replace(text.find("replicas: {from: 1, to: 7}"), 26, "replicas: {from: 3, to: 4}");
  text.replace(text.find("replicas: {from: 1, to: 7}"), 26, "replicas: {from: 1, to: 2}");
  const Trial trial(text +
                    "    options: {whole: {transfer.mode: after_prefill}, layers: {transfer.mode: layerwise}}\n"
                    "    choose:\n"
                    "      router.prefill: [random, least_loaded]\n"
                    "      pools.d.engine.profile: [vllm-0.19, sglang-0.5]\n");
  const Answer answer = trial.run();
  INFO(answer.err << answer.out);
  REQUIRE(answer.code == 0);
  const Json found = Json::parse(answer.out)["answers"][0];
  CHECK(found["candidates"] == 2 * 2 * 8);
  CHECK_THAT(found["ranking"].dump(),
             Contains("layers, pools.d.engine.profile sglang-0.5, router.prefill least_loaded"));
}

TEST_CASE("a rate without the objective that needs it, and a choice of nothing, are told") {
  const Answer rate = Trial(std::string(kPlan) + "rate: {path: x}\n").run();
  CHECK(rate.code == 2);
  CHECK_THAT(rate.err, Contains("`rate` is for objective highest_goodput"));
  const Answer none = Trial(std::string(kPlan) + "    choose: {router.prefill: []}\n").run();
  CHECK(none.code == 2);
  CHECK_THAT(none.err, Contains("router.prefill has no values to choose from"));
}

}  // namespace
}  // namespace cleave

// Single steps of a served engine with their batch: <run>/{engine_config.json, fpm_detail.csv}.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>

#include "sim/cluster/fleet.h"
#include "sim/validation/csv_table.h"
#include "sim/validation/json_file.h"
#include "sim/validation/kinds.h"
#include "sim/validation/measured_run.h"
#include "sim/validation/names.h"
#include "sim/validation/outliers.h"
#include "sim/validation/statistics.h"

namespace cleave {
namespace {

namespace fs = std::filesystem;

/// The recordings do not say it. Source: the collector's notes, and operator tables that fit (data README).
constexpr const char* kDevice = "b300-sxm";
constexpr double kOutlier = 0.3;    // of the neighbours' median: a row that did not wait for its kernels
constexpr std::size_t kAround = 3;  // neighbours on each side

struct Step {
  std::string kind;  // "decode, sweep"
  std::int64_t prefills = 0;
  std::int64_t prefill_tokens = 0;
  std::int64_t prefill_context = 0;
  std::int64_t decodes = 0;
  std::int64_t decode_context = 0;
  double seconds = 0;
};

std::vector<Step> read(const CsvTable& table) {
  std::vector<Step> steps;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    Step step;
    step.kind = fmt::format("{}, {}", table.text(row, "phase"), table.text(row, "workload_segment"));
    step.prefills = table.whole(row, "num_prefill_requests");
    step.prefill_tokens = table.whole(row, "sum_prefill_tokens");
    step.prefill_context = table.whole(row, "sum_prefill_kv_tokens");
    step.decodes = table.whole(row, "num_decode_requests");
    step.decode_context = table.whole(row, "sum_decode_kv_tokens");
    step.seconds = table.number(row, "latency_ms") / 1e3;
    if (step.prefills + step.decodes > 0) steps.push_back(step);
  }
  std::vector<Step> kept;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    std::vector<double> around;
    for (std::size_t j = i > kAround ? i - kAround : 0; j < std::min(steps.size(), i + kAround + 1); ++j) {
      if (j != i && steps[j].kind == steps[i].kind) around.push_back(steps[j].seconds);
    }
    if (around.empty() || steps[i].seconds >= kOutlier * median_of(around)) kept.push_back(steps[i]);
  }
  return kept;
}

double simulated_seconds(const StepCostModel& cost, const Step& step) {
  // Only sums are recorded: prompts of one step are taken to be equal.
  std::vector<PrefillChunk> prefills;
  for (std::int64_t i = 0; i < step.prefills; ++i) {
    const auto share = [&](std::int64_t sum) { return sum * (i + 1) / step.prefills - sum * i / step.prefills; };
    prefills.push_back(
        {Tokens{std::max<std::int64_t>(1, share(step.prefill_tokens))}, Tokens{share(step.prefill_context)}});
  }
  return to_seconds(cost.step({prefills, step.decodes, Tokens{step.decode_context + step.decodes}}));
}

RunReport compare(const fs::path& folder, const Catalogue& catalogue) {
  const std::string run_name = folder.filename().string();
  const nlohmann::json config = read_json(folder / "engine_config.json");
  const nlohmann::json& requested = config.at("requested").at("deployment_config");
  const std::string served = requested.at("model").get<std::string>();
  const auto device = device_called(catalogue, kDevice);
  const auto model = model_called(catalogue, served);
  if (!device) return skipped(run_name, std::string("the catalogue has no hardware called ") + kDevice);
  if (!model) return skipped(run_name, "the catalogue has no model " + served);
  Scenario scenario = deployment_of(catalogue, {*device, *model});
  PoolParams& pool = scenario.pools.front();
  std::smatch match;
  if (std::regex_search(run_name, match, std::regex(R"(tp(\d+)_ep)"))) {
    pool.parallel.tp = static_cast<std::uint32_t>(std::stoul(match[1]));
  }
  pool.weight_dtype = weight_dtype_in(served).value_or("bf16");
  pool.engine.kv_blocks = 1 << 20;  // memory is no part of the comparison
  const std::vector<PoolPlan> plans = plan_pools(scenario, catalogue);

  std::map<std::string, std::array<std::vector<double>, 2>> kinds;
  for (const Step& step : read(CsvTable::load(find_table(folder, "fpm_detail.csv").value()))) {
    kinds[step.kind][0].push_back(step.seconds);
    kinds[step.kind][1].push_back(simulated_seconds(*plans.front().cost, step));
  }
  RunReport report;
  report.run = run_name;
  report.facts = {{"hardware", fmt::format("{} (inferred, not recorded)", *device)},
                  {"model", fmt::format("{}, tp {}", *model, pool.parallel.tp)}};
  for (const auto& [kind, times] : kinds) {
    report.comparisons.push_back({kind + ", mean step", "s", mean_of(times[0]), mean_of(times[1]), false, {}, {}});
    const auto spread = spread_of(kind, times[0], times[1]);
    if (!spread) continue;
    report.spreads.push_back(*spread);
    if (std::abs(report.comparisons.back().error()) <= kOutside) continue;
    report.reasons.push_back(std::abs(spread->p50) <= kOutside
                                 ? fmt::format("{}: a few slow steps (first calls that compile or capture) pull the "
                                               "mean; the median error is {:+.1f} %",
                                               kind, 100 * spread->p50)
                                 : fmt::format("{}: the step calibration misses these shapes; the median error is "
                                               "{:+.1f} %",
                                               kind, 100 * spread->p50));
  }
  return report;
}

std::vector<ValidationTask> find(const fs::path& folder, const Catalogue& catalogue) {
  std::vector<ValidationTask> tasks;
  for (const fs::path& run : folders_in(folder)) {
    if (!fs::exists(run / "engine_config.json") || !find_table(run, "fpm_detail.csv")) continue;
    tasks.push_back({run.filename().string(), [run, &catalogue] { return compare(run, catalogue); }});
  }
  return tasks;
}

}  // namespace

const MeasuredKind kEngineSteps{
    "steps_fpm", "Single steps of vLLM", "each recorded step is priced alone, from the sums of its batch", false,
    find,        targets_by_limits};

}  // namespace cleave

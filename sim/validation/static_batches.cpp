// Batches that start and end together, without a scheduler: splitwise_perf_model.csv.

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <tuple>

#include "sim/cluster/fleet.h"
#include "sim/validation/csv_table.h"
#include "sim/validation/kinds.h"
#include "sim/validation/measured_run.h"
#include "sim/validation/names.h"
#include "sim/validation/outliers.h"
#include "sim/validation/statistics.h"

namespace cleave {
namespace {

namespace fs = std::filesystem;

struct Batch {
  std::string model;
  std::string hardware;
  std::int64_t tp = 1;
  std::int64_t prompt = 0;
  std::int64_t size = 0;
  std::int64_t tokens = 0;
  auto operator<=>(const Batch&) const = default;

  [[nodiscard]] std::string name() const {
    return fmt::format("{} {} tp{} prompt {} batch {} output {}", model, hardware, tp, prompt, size, tokens);
  }
};

struct Times {
  std::vector<double> prompt;
  std::vector<double> token;
  std::vector<double> whole;
};

/// Why a row is outside, as far as the recordings themselves tell it. `fewest`: the same batch on the fewest
/// accelerators that it was measured on.
void add_reasons(RunReport& report, const Batch& batch, const Times& times, const Batch& fewest, double fewest_token) {
  constexpr double kScales = 0.7;  // of the ideal gain, from which on a kernel-bound engine is believed
  const double token = median_of(times.token);
  const double gain = fewest_token / token;
  const double ideal = static_cast<double>(batch.tp) / static_cast<double>(fewest.tp);
  if (ideal > 1 && gain < kScales * ideal) {
    report.reasons.push_back(
        "measured TPOT hardly falls with more accelerators: that engine (2023) waited for its host");
  }
  const double sum = median_of(times.prompt) + token * static_cast<double>(batch.tokens - 1);
  if (std::abs(median_of(times.whole) / sum - 1) > kOutside) {
    report.reasons.push_back("the recorded E2E is not the sum of its prompt and token times");
  }
  if (report.reasons.empty()) {
    report.reasons.push_back("an engine of 2023, whose host's time and kernels no table of today measured");
  }
}

/// All prompts are computed in one step, then every step yields one token for each.
RunReport compare(const Batch& batch, const Times& times, const Batch& fewest, double fewest_token,
                  const Catalogue& catalogue) {
  const auto device = device_called(catalogue, batch.hardware);
  const auto model = model_called(catalogue, batch.model);
  if (!device) return skipped(batch.name(), "the catalogue has no hardware called " + batch.hardware);
  if (!model) return skipped(batch.name(), "the catalogue has no model " + batch.model);
  Scenario scenario = deployment_of(catalogue, {*device, *model});
  scenario.pools.front().parallel.tp = static_cast<std::uint32_t>(batch.tp);
  scenario.pools.front().engine.kv_blocks = 1 << 20;  // memory is no part of the comparison
  const std::vector<PoolPlan> plans = plan_pools(scenario, catalogue);
  const StepCostModel& cost = *plans.front().cost;
  const std::vector<PrefillChunk> prompts(static_cast<std::size_t>(batch.size),
                                          PrefillChunk{Tokens{batch.prompt}, Tokens{0}});
  const double prefill = to_seconds(cost.step({prompts, 0, Tokens{0}}));
  std::vector<Duration> steps(static_cast<std::size_t>(std::max<std::int64_t>(1, batch.tokens - 1)));
  cost.decode_steps(batch.size, Tokens{batch.size * (batch.prompt + 1)}, steps);
  double decode = 0;
  for (const Duration step : steps) decode += to_seconds(step);

  RunReport report;
  report.run = batch.name();
  report.facts = {{"group", fmt::format("{}, {}, tp {}", *model, batch.hardware, batch.tp)},
                  {"load", fmt::format("prompt {}, batch {}, output {}", batch.prompt, batch.size, batch.tokens)},
                  {"repetitions", fmt::format("{}", times.prompt.size())}};
  report.comparisons.push_back(
      {"TPOT", "s", median_of(times.token) / 1e3, decode / static_cast<double>(steps.size()), false, {}, {}});
  report.comparisons.push_back({"TTFT", "s", median_of(times.prompt) / 1e3, prefill, false, {}, {}});
  report.comparisons.push_back({"E2E", "s", median_of(times.whole) / 1e3, prefill + decode, false, {}, {}});
  if (is_outside(report)) add_reasons(report, batch, times, fewest, fewest_token);
  return report;
}

std::vector<ValidationTask> find(const fs::path& folder, const Catalogue& catalogue) {
  std::vector<ValidationTask> tasks;
  for (const fs::path& file : files_in(folder, ".csv")) {
    const CsvTable table = CsvTable::load(file);
    std::map<Batch, Times> batches;
    for (std::size_t row = 0; row < table.rows(); ++row) {
      const Batch batch{std::string(table.text(row, "model")), std::string(table.text(row, "hardware")),
                        table.whole(row, "tensor_parallel"),   table.whole(row, "prompt_size"),
                        table.whole(row, "batch_size"),        table.whole(row, "token_size")};
      Times& times = batches[batch];
      times.prompt.push_back(table.number(row, "prompt_time"));
      times.token.push_back(table.number(row, "token_time"));
      times.whole.push_back(table.number(row, "e2e_time"));
    }
    for (const auto& [batch, times] : batches) {
      auto fewest = batch;
      double token = median_of(times.token);
      for (const auto& [other, measured] : batches) {
        Batch same = other;
        same.tp = batch.tp;
        if (same != batch || other.tp >= fewest.tp) continue;
        fewest = other;
        token = median_of(measured.token);
      }
      tasks.push_back({batch.name(), [batch, times, fewest, token, &catalogue] {
                         return compare(batch, times, fewest, token, catalogue);
                       }});
    }
  }
  return tasks;
}

}  // namespace

const MeasuredKind kStaticBatches{"e2e_static_batches",
                                  "Static batches",
                                  "all prompts of a batch in one step, then one token for each in every step; repeated "
                                  "measurements by their median",
                                  true,
                                  find,
                                  targets_by_limits};

}  // namespace cleave

// Batches that start and end together, without a scheduler: splitwise_perf_model.csv.

#include <fmt/format.h>

#include <map>
#include <tuple>

#include "sim/cluster/fleet.h"
#include "sim/validation/csv_table.h"
#include "sim/validation/kinds.h"
#include "sim/validation/measured_run.h"
#include "sim/validation/names.h"
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

/// All prompts are computed in one step, then every step yields one token for each.
RunReport compare(const Batch& batch, const Times& times, const Catalogue& catalogue) {
  const auto device = device_called(catalogue, batch.hardware);
  const auto model = model_called(catalogue, batch.model);
  if (!device) return skipped(batch.name(), "the catalogue has no hardware called " + batch.hardware);
  if (!model) return skipped(batch.name(), "the catalogue has no model " + batch.model);
  Scenario scenario = deployment_of(*device, *model, 1);
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
      tasks.push_back({batch.name(), [batch, times, &catalogue] { return compare(batch, times, catalogue); }});
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

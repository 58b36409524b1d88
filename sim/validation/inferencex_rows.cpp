// Deployments under a closed loop of equal requests, one row each: agg*.csv (one pool) and disagg*.csv (two pools).

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <variant>

#include "models/arch/dtype.h"
#include "models/arch/parameters.h"
#include "sim/validation/csv_table.h"
#include "sim/validation/kinds.h"
#include "sim/validation/measured_run.h"
#include "sim/validation/names.h"
#include "sim/validation/outliers.h"
#include "sim/validation/statistics.h"

namespace cleave {
namespace {

namespace fs = std::filesystem;

constexpr double kRankLimit = 0.8;
constexpr double kRankGoal = 0.9;
constexpr double kTpotLimit = 0.20;
constexpr double kTpotGoal = 0.12;
constexpr double kShortest = 0.8;            // of the nominal lengths: random_range_ratio
constexpr std::uint64_t kRequestsEach = 10;  // requests a client

/// One row of the table.
struct Row {
  std::string id;
  std::string backend;
  std::string version;
  std::string system;
  std::string model;
  std::string precision;
  bool split = false;
  std::uint32_t concurrency = 1;
  std::int64_t input = 0;
  std::int64_t output = 0;
  double ttft = 0;
  double tpot = 0;
  double repeats_from = 0;  // TPOT of all rows that say the same of their deployment and load
  double repeats_to = 0;
  CsvTable const* table = nullptr;
  std::size_t at = 0;

  [[nodiscard]] std::uint32_t count(const std::string& column) const {
    return static_cast<std::uint32_t>(std::max(1.0, table->maybe(at, column).value_or(1)));
  }
};

Row row_of(const CsvTable& table, std::size_t at) {
  Row row;
  row.table = &table;
  row.at = at;
  row.id = table.text(at, "id");
  row.backend = table.text(at, "backend");
  if (table.has("backend_version")) row.version = table.text(at, "backend_version");
  row.system = table.text(at, "system");
  row.model = table.text(at, "model_path");
  row.precision = table.text(at, "precision");
  row.split = table.text(at, "mode") == "disagg";
  row.concurrency = static_cast<std::uint32_t>(std::max<std::int64_t>(1, table.whole(at, "concurrency")));
  row.input = table.whole(at, "isl");
  row.output = table.whole(at, "osl");
  row.ttft = table.number(at, "silicon_ttft_ms") / 1e3;
  row.tpot = table.number(at, "silicon_tpot_ms") / 1e3;
  return row;
}

std::string weight_dtype_of(const Row& row) {
  if (row.precision == "int4") return "fp4";
  if (dtype_named(row.precision)) return row.precision;
  return weight_dtype_in(row.model).value_or("bf16");
}

bool is_blackwell(const std::string& system) {
  return system.starts_with("b") || system.starts_with("gb");
}

/// KV formats are not recorded. Source: the benchmark's launch scripts (InferenceX, benchmarks/*.sh).
std::string kv_dtype_of(const Row& row) {
  if (row.backend == "trtllm") return "fp8";
  if (row.model.find("Llama-3.1-70B") != std::string::npos) return "fp8";
  const bool narrow = row.model.find("gpt-oss") != std::string::npos || row.model.find("DeepSeek") != std::string::npos;
  return narrow && is_blackwell(row.system) ? "fp8" : "bf16";
}

/// Expert ranks as far as the accelerators go.
void set_experts(ParallelParams& parallel, std::uint32_t expert_ranks, bool experts) {
  parallel.ep = experts && expert_ranks > 1 ? std::min(expert_ranks, parallel.tp) : 1;
  while (parallel.tp % parallel.ep != 0) --parallel.ep;
}

/// Attention that is data parallel over all of `tp_size` is listed with experts over the product of both, although one
/// server of `tp_size` accelerators was measured: for vLLM the same numbers stand in the table without it.
ParallelParams mixed_layout(const Row& row, bool experts) {
  ParallelParams parallel;
  const std::uint32_t tp = row.count("tp_size");
  const std::uint32_t groups = row.count("attention_dp_size");
  const std::uint32_t expert_ranks = row.count("moe_tp_size") * row.count("moe_ep_size");
  const bool one_server = groups > 1 && groups == tp && expert_ranks == tp * groups;
  parallel.tp = groups > 1 && !one_server ? tp * groups : tp;
  if (experts && groups == 1) parallel.tp = std::max(tp, expert_ranks);
  if (groups > 1 && row.backend != "vllm") parallel.dp_attention = groups;
  parallel.pp = row.count("pp_size");
  set_experts(parallel, row.count("moe_ep_size"), experts);
  return parallel;
}

ParallelParams side_layout(const Row& row, const std::string& side, bool experts) {
  ParallelParams parallel;
  parallel.dp_attention = row.count(side + "_attention_dp_size");
  parallel.tp = row.count(side + "_tp_size") * parallel.dp_attention;
  parallel.pp = row.count(side + "_pp_size");
  set_experts(parallel, row.count(side + "_moe_ep_size"), experts);
  return parallel;
}

std::string engine_of(const Row& row) {
  if (row.backend == "sglang") return "sglang-0.5";
  if (row.backend == "trtllm") return "tensorrt-llm-1.0";
  return vllm_profile(row.version);
}

/// Settings of the launch scripts (InferenceX, benchmarks/*.sh).
void set_engine(EngineParams& engine, const Row& row) {
  engine.enable_prefix_caching = false;  // prompts are random
  engine.async_scheduling = true;
  engine.gpu_memory_utilization = 0.9;
  engine.max_num_seqs = std::max<std::int64_t>(row.concurrency, 1);
}

void set_load(Scenario& scenario, const Row& row) {
  SyntheticParams traffic;
  traffic.arrivals = ClosedLoopArrivals{row.concurrency, Duration{}, false, Duration{}};
  const auto lengths = [](std::int64_t nominal) {
    const auto least = static_cast<std::int64_t>(kShortest * static_cast<double>(nominal));
    return UniformLength{Tokens{std::max<std::int64_t>(1, least)}, Tokens{std::max<std::int64_t>(1, nominal)}};
  };
  traffic.input = lengths(row.input);
  traffic.output = lengths(row.output);
  traffic.requests = kRequestsEach * row.concurrency;
  scenario.workload.classes.front().traffic = traffic;
}

Scenario scenario_of(const Catalogue& catalogue, const Row& row, const std::string& device, const std::string& model) {
  Scenario scenario = deployment_of(catalogue, {device, model, engine_of(row)});
  const bool experts = has_experts(catalogue.llm(model));
  PoolParams& pool = scenario.pools.front();
  pool.weight_dtype = weight_dtype_of(row);
  pool.kv_dtype = kv_dtype_of(row);
  set_engine(pool.engine, row);
  set_load(scenario, row);
  if (!row.split) {
    pool.parallel = mixed_layout(row, experts);
    return scenario;
  }
  PoolParams decode = pool;
  pool.name = "prefill";
  pool.role = ReplicaRole::prefill;
  pool.replicas = row.count("prefill_num_workers");
  pool.parallel = side_layout(row, "prefill", experts);
  decode.name = "decode";
  decode.role = ReplicaRole::decode;
  decode.replicas = row.count("decode_num_workers");
  decode.parallel = side_layout(row, "decode", experts);
  scenario.pools.push_back(decode);
  return scenario;
}

/// Output tokens a second and accelerator of a closed loop, by Little's law.
double throughput(const Row& row, double ttft, double tpot, double accelerators) {
  const double output = (1 + kShortest) / 2 * static_cast<double>(row.output);
  return row.concurrency * output / (ttft + tpot * (output - 1)) / accelerators;
}

/// What a row says of its deployment and load: rows that agree in it repeat one another.
std::string configuration_of(const Row& row) {
  std::string text = fmt::format("{}/{}/{}/{}/{}/{}/{}", row.backend, row.system, row.model, row.precision,
                                 row.concurrency, row.input, row.output);
  for (const char* column :
       {"tp_size", "pp_size", "attention_dp_size", "moe_tp_size", "moe_ep_size", "prefill_num_workers",
        "prefill_tp_size", "prefill_attention_dp_size", "prefill_moe_ep_size", "decode_num_workers", "decode_tp_size",
        "decode_attention_dp_size", "decode_moe_ep_size"}) {
    text += fmt::format("/{}", row.count(column));
  }
  return text;
}

/// Why a row may be outside, as far as the table tells.
void add_reasons(RunReport& report, const Row& row, const DeviceSpec& device) {
  constexpr double kFast = 0.25;
  if (row.repeats_to > (1 + kOutside) * row.repeats_from) {
    report.reasons.push_back("rows of the same configuration differ by more than 15 % among themselves");
  }
  if (const std::string reason = kernels_reason(device); !reason.empty()) report.reasons.push_back(reason);
  if (row.backend != "vllm") {
    report.reasons.push_back(
        fmt::format("kernel tables and step calibration are of vLLM, the engine is {}", row.backend));
    if (report.comparisons.front().error() > kFast) {
      report.reasons.push_back(
          "faster than its weights are read one token at a time: speculative decoding is not recorded");
    }
  }
  if (row.version.empty()) report.reasons.push_back("the engine's version is not recorded");
  if (std::abs(report.comparisons.front().error()) <= kOutside) {
    report.reasons.push_back(
        "TTFT alone is outside: it holds the client's and the front end's time, and how a burst of prompts is served");
  }
  if (report.reasons.empty()) report.reasons.push_back("not explained");
}

RunReport compare(const Row& row, const Catalogue& catalogue) {
  const auto device = device_called(catalogue, row.system);
  const auto model = model_called(catalogue, row.model);
  if (!device) return skipped(row.id, "the catalogue has no hardware called " + row.system);
  if (!model) return skipped(row.id, "the catalogue has no model " + row.model);
  const Scenario scenario = scenario_of(catalogue, row, *device, *model);
  const SimulatedRun run = simulate_measured(scenario, catalogue, nullptr);
  require_completed(run);
  std::vector<double> ttft;
  std::vector<double> tpot;
  for (const RequestRecord& request : run.requests) {
    if (const auto value = ttft_seconds(request)) ttft.push_back(*value);
    if (const auto value = tpot_seconds(request)) tpot.push_back(*value);
  }
  RunReport report;
  report.run = row.id;
  const auto gpus = static_cast<double>(run.accelerators());
  report.facts = {
      {"group", fmt::format("{} {} {}, {}", row.backend, row.split ? "split" : "one pool", *model, *device)},
      {"device", *device},
      {"backend", row.backend},
      {"split", row.split ? "yes" : "no"},
      {"kernel tables", has_kernel_tables(*device) ? "yes" : "no"},
      {"load", fmt::format("{}/{}, {} clients", row.input, row.output, row.concurrency)},
      {"accelerators", fmt::format("{}", run.accelerators())},
      {"pre-emptions", fmt::format("{}", run.preemptions)}};
  report.comparisons.push_back({"TPOT", "s", row.tpot, mean_of(tpot), false, {}, {}});
  report.comparisons.push_back({"TTFT", "s", row.ttft, mean_of(ttft), false, {}, {}});
  report.comparisons.push_back({"output tokens a second and accelerator",
                                "1/s",
                                throughput(row, row.ttft, row.tpot, gpus),
                                throughput(row, mean_of(ttft), mean_of(tpot), gpus),
                                false,
                                {},
                                {}});
  if (is_outside(report)) add_reasons(report, row, catalogue.device(*device));
  return report;
}

std::vector<ValidationTask> find(const fs::path& folder, const Catalogue& catalogue) {
  std::vector<ValidationTask> tasks;
  for (const fs::path& file : files_in(folder, ".csv")) {
    const auto table = std::make_shared<const CsvTable>(CsvTable::load(file));
    std::vector<Row> rows;
    std::map<std::string, std::pair<double, double>> repeats;
    for (std::size_t at = 0; at < table->rows(); ++at) {
      rows.push_back(row_of(*table, at));
      const double tpot = rows.back().tpot;
      auto& [from, to] = repeats.try_emplace(configuration_of(rows.back()), tpot, tpot).first->second;
      from = std::min(from, tpot);
      to = std::max(to, tpot);
    }
    for (Row& row : rows) {
      std::tie(row.repeats_from, row.repeats_to) = repeats.at(configuration_of(row));
      tasks.push_back({row.id, [table, row, &catalogue] { return compare(row, catalogue); }});
    }
  }
  return tasks;
}

std::string fact(const RunReport& report, std::string_view key) {
  for (const auto& [name, value] : report.facts) {
    if (name == key) return value;
  }
  return "";
}

const Comparison& comparison(const RunReport& report, std::string_view name) {
  return *std::find_if(report.comparisons.begin(), report.comparisons.end(),
                       [&](const Comparison& c) { return c.name == name; });
}

Target rank_target(const std::vector<RunReport>& reports) {
  std::vector<double> measured;
  std::vector<double> simulated;
  for (const RunReport& report : reports) {
    if (report.status != ReportStatus::compared || fact(report, "split") != "yes") continue;
    const Comparison& rate = comparison(report, "output tokens a second and accelerator");
    measured.push_back(rate.measured);
    simulated.push_back(rate.simulated);
  }
  Target target{"split deployments: rank correlation of throughput an accelerator", "≥ 0.8", "≥ 0.9", "no rows", {}};
  if (const auto rank = rank_correlation(measured, simulated)) {
    target.reached = fmt::format("{:.3f} over {} rows", *rank, measured.size());
    target.pass = *rank >= kRankLimit;
  }
  return target;
}

Target tpot_target(const std::vector<RunReport>& reports) {
  std::vector<double> errors;
  for (const RunReport& report : reports) {
    if (report.status != ReportStatus::compared || fact(report, "split") == "yes") continue;
    if (fact(report, "backend") != "vllm" || fact(report, "kernel tables") != "yes") continue;
    errors.push_back(std::abs(comparison(report, "TPOT").error()));
  }
  Target target{"one pool, vLLM, accelerators with kernel tables: median absolute error of TPOT",
                "≤ 20 %",
                "≤ 12 %",
                "no rows",
                {}};
  if (errors.empty()) return target;
  const double median = median_of(errors);
  target.reached = fmt::format("{:.1f} % over {} rows", 100 * median, errors.size());
  target.pass = median <= kTpotLimit;
  return target;
}

std::vector<Target> judge(const std::vector<RunReport>& reports) {
  static_assert(kRankGoal > kRankLimit && kTpotGoal < kTpotLimit);
  return {rank_target(reports), tpot_target(reports)};
}

}  // namespace

const MeasuredKind kInferencexRows{
    "e2e_silicon_inferencex",
    "Deployments of several engines in a closed loop",
    "a fixed number of clients, each with one random request at a time, ten requests a client, lengths uniform between "
    "0.8 and 1 of the nominal ones; throughput is derived from TTFT and TPOT by Little's law on both sides",
    true,
    find,
    judge};

}  // namespace cleave

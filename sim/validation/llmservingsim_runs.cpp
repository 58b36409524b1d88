// Runs of vLLM with a recorded moment for every step of a request: <hardware>__<model>/{engine_meta.json,
// requests.csv, timeseries.csv}.

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "models/arch/parameters.h"
#include "models/units/error.h"
#include "sim/scenario/pool_layout.h"
#include "sim/validation/csv_table.h"
#include "sim/validation/json_file.h"
#include "sim/validation/kinds.h"
#include "sim/validation/measured_run.h"
#include "sim/validation/names.h"

namespace cleave {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kHashedBlock = 16;  // tokens of a recorded block
/// Unquantized experts ran in Triton before vLLM put FlashInfer's kernels first, between 0.19
/// (VLLM_USE_FLASHINFER_MOE_FP16 is off) and 0.24 (fused_moe/oracle/unquantized.py).
constexpr int kLastTriton = 19;
constexpr double kTpotLimit = 0.02;
constexpr double kE2eLimit = 0.02;
constexpr double kTtftLimit = 0.04;
constexpr double kSeriesLimit = 0.05;

/// The recording, on the clock of its load.
struct Recording {
  ReplayPlan plan;
  std::vector<double> ttft;
  std::vector<double> tpot;
  std::vector<double> e2e;
  std::vector<std::int64_t> outputs;
};

/// Blocks are tokens of one long text at the offset of their name, so that consecutive names are one span; what is
/// left of a prompt is nobody else's.
std::vector<ReplayPiece> prompt_of(std::string_view ids, std::int64_t tokens, std::size_t row) {
  std::vector<ReplayPiece> prompt;
  std::int64_t named = 0;
  std::istringstream words{std::string(ids)};
  for (std::uint32_t id = 0; named + kHashedBlock <= tokens && words >> id;) {
    prompt.push_back({{SegmentId::given(0), id * std::uint32_t{kHashedBlock}, std::uint32_t{kHashedBlock}}, {}});
    named += kHashedBlock;
  }
  if (tokens > named) {
    prompt.push_back({{SegmentId::given(1 + row), 0, static_cast<std::uint32_t>(tokens - named)}, {}});
  }
  return prompt;
}

/// Two clocks tick in the recording: `arrival_s` since the load began, the others since the first request was queued.
/// No request is queued before it arrives, so the least difference is taken for their offset. Seconds of timeseries.csv
/// tick with the first clock: counted from requests.csv, running requests of Llama-3.1-8B agree best with its clock.
Recording read(const CsvTable& table) {
  double offset = std::numeric_limits<double>::infinity();
  for (std::size_t row = 0; row < table.rows(); ++row) {
    offset = std::min(offset, table.number(row, "queued_s") - table.number(row, "arrival_s"));
  }
  Recording recording;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const double arrival = table.number(row, "arrival_s");
    const std::int64_t output = table.whole(row, "output_tokens");
    const double first_token = table.number(row, "first_token_s") - offset;
    const double last_token = table.number(row, "last_token_s") - offset;
    recording.ttft.push_back(first_token - arrival);
    recording.e2e.push_back(last_token - arrival);
    recording.tpot.push_back(output > 1 ? (last_token - first_token) / static_cast<double>(output - 1) : 0);
    recording.outputs.push_back(output);
    recording.plan.sessions.push_back(
        single_request(kStartOfTime + nearest_nanosecond(arrival),
                       prompt_of(table.text(row, "prefix_block16_ids"), table.whole(row, "input_tokens"), row),
                       Tokens{output}, static_cast<std::uint32_t>(row)));
  }
  return recording;
}

/// Data-parallel copies of a dense model are replicas of their own. With expert parallelism they are one: each attends
/// to its own sequences, with queues of its own size, and the experts spread over all.
void set_layout(PoolParams& pool, const LlmSpec& model, std::uint32_t tp, std::uint32_t copies, bool expert_parallel) {
  pool.parallel.tp = tp;
  if (!expert_parallel || !has_experts(model)) {
    pool.replicas = copies;
    return;
  }
  pool.parallel.tp = tp * copies;
  pool.parallel.ep = tp * copies;
  pool.parallel.dp_attention = copies;
  pool.engine.max_num_seqs *= copies;
  pool.engine.max_num_batched_tokens = pool.engine.max_num_batched_tokens * std::int64_t{copies};
}

Scenario scenario_of(const Catalogue& catalogue, const nlohmann::json& meta, const std::string& device,
                     const std::string& model) {
  const nlohmann::json& engine = meta.at("engine_kwargs");
  const auto number = [&](const char* key, std::int64_t otherwise) {
    const auto at = engine.find(key);
    return at == engine.end() || !at->is_number() ? otherwise : at->get<std::int64_t>();
  };
  Scenario scenario =
      deployment_of(catalogue, {device, model, vllm_profile(meta.value("vllm_version", std::string()))});
  PoolParams& pool = scenario.pools.front();
  pool.engine.max_num_batched_tokens =
      Tokens{number("max_num_batched_tokens", pool.engine.max_num_batched_tokens.value())};
  pool.engine.max_num_seqs = number("max_num_seqs", pool.engine.max_num_seqs);
  pool.engine.max_model_len = Tokens{number("max_model_len", pool.engine.max_model_len.value())};
  pool.engine.block_size = Tokens{number("block_size", pool.engine.block_size.value())};
  set_layout(pool, catalogue.llm(model), static_cast<std::uint32_t>(number("tensor_parallel_size", 1)),
             static_cast<std::uint32_t>(number("data_parallel_size", 1)),
             engine.value("enable_expert_parallel", false));
  if (engine.value("gpu_memory_utilization", nlohmann::json()).is_number()) {
    pool.engine.gpu_memory_utilization = engine.at("gpu_memory_utilization");
  }
  if (engine.value("kv_cache_dtype", nlohmann::json("auto")).get<std::string>().starts_with("fp8")) {
    pool.kv_dtype = "fp8";
  }
  pool.weight_dtype = weight_dtype_in(meta.at("model").get<std::string>()).value_or("bf16");
  const auto minor = vllm_minor(meta.value("vllm_version", std::string()));
  if (pool.weight_dtype == "bf16" && minor && *minor <= kLastTriton) {
    pool.engine.moe_backend = MoeBackend::triton;
    if (experts_problem(pool, catalogue.llm(model), catalogue.device(device), catalogue.hardware_folder())) {
      pool.engine.moe_backend = MoeBackend::tables;
    }
  }
  return scenario;
}

/// Whether accelerators of a replica reach each other over the bus alone.
bool shares_only_the_bus(const PoolParams& pool, const Catalogue& catalogue) {
  return pool.parallel.tp > 1 && !peer_problem(PeerAccess::host, catalogue.device(pool.hardware));
}

/// What a second simulation of a run takes from elsewhere than the first.
struct Variant {
  bool own_blocks = false;    // the engine's own number of KV blocks
  bool direct_peers = false;  // accelerators that share only the bus reach each other's memory
};

/// The engine's own count, where the recording has one.
std::optional<std::int64_t> own_kv_blocks(const nlohmann::json& meta) {
  for (const char* key : {"num_gpu_blocks", "kv_blocks", "num_kv_blocks"}) {
    if (const auto at = meta.find(key); at != meta.end() && at->is_number()) return at->get<std::int64_t>();
  }
  return std::nullopt;
}

std::vector<double> column(const CsvTable& table, std::string_view name) {
  std::vector<double> values;
  for (std::size_t row = 0; row < table.rows(); ++row) values.push_back(table.number(row, name));
  return values;
}

template <class Get>
std::vector<double> seconds(const SimulatedRun& run, Get get) {
  std::vector<double> values;
  for (const SecondSample& second : run.seconds) values.push_back(get(second));
  return values;
}

void compare_requests(RunReport& report, const Recording& recording, const SimulatedRun& run) {
  std::vector<double> ttft(recording.ttft.size());
  std::vector<double> tpot(ttft.size());
  std::vector<double> e2e(ttft.size());
  for (std::size_t i = 0; i < run.requests.size(); ++i) {
    const std::size_t row = run.rows[i];
    ttft[row] = ttft_seconds(run.requests[i]).value_or(0);
    tpot[row] = tpot_seconds(run.requests[i]).value_or(0);
    e2e[row] = e2e_seconds(run.requests[i]).value_or(0);
  }
  compare_distributions(report, "TPOT", recording.tpot, tpot, kTpotLimit, 0.01);
  compare_distributions(report, "E2E", recording.e2e, e2e, kE2eLimit, 0.015);
  compare_distributions(report, "TTFT", recording.ttft, ttft, kTtftLimit, 0.03);
  for (const auto& [name, measured, simulated] :
       {std::tuple{"TPOT", &recording.tpot, &tpot}, std::tuple{"E2E", &recording.e2e, &e2e},
        std::tuple{"TTFT", &recording.ttft, &ttft}}) {
    if (const auto spread = spread_of(name, *measured, *simulated)) report.spreads.push_back(*spread);
  }
}

RunReport compare(const fs::path& folder, const Catalogue& catalogue, const Variant& variant) {
  const std::string run_name = folder.filename().string();
  const nlohmann::json meta = read_json(folder / "engine_meta.json");
  const std::string hardware = run_name.substr(0, run_name.find("__"));
  const auto device = device_called(catalogue, hardware);
  const auto model = model_called(catalogue, meta.at("model").get<std::string>());
  if (!device) return skipped(run_name, "the catalogue has no hardware called " + hardware);
  if (!model) return skipped(run_name, "the catalogue has no model " + meta.at("model").get<std::string>());
  const CsvTable requests = CsvTable::load(find_table(folder, "requests.csv").value());
  const Recording recording = read(requests);
  Scenario scenario = scenario_of(catalogue, meta, *device, *model);
  PoolParams& pool = scenario.pools.front();
  if (variant.own_blocks) pool.engine.kv_blocks = own_kv_blocks(meta);
  const bool staged = shares_only_the_bus(pool, catalogue);
  if (staged && !variant.direct_peers) pool.peer_access = PeerAccess::host;
  const SimulatedRun run = simulate_measured(scenario, catalogue, &recording.plan);
  require_completed(run);

  RunReport report;
  report.run = run_name;
  report.facts = {{"hardware", *device},
                  {"model", *model},
                  {"engine", "vLLM " + meta.value("vllm_version", std::string("of unknown version"))},
                  {"requests", fmt::format("{}", recording.ttft.size())},
                  {"KV blocks", run.pools.front().kv_blocks ? fmt::format("{}", *run.pools.front().kv_blocks)
                                                            : std::string("unlimited")},
                  {"pre-emptions", fmt::format("{}", run.preemptions)}};
  compare_requests(report, recording, run);
  if (const auto ticks = find_table(folder, "timeseries.csv")) {
    const CsvTable series = CsvTable::load(*ticks);
    const auto add = [&](const char* name, const char* measured, auto get) {
      compare_series(report, name, column(series, measured), seconds(run, get), kSeriesLimit);
    };
    add("running requests", "running", [](const SecondSample& s) { return s.running; });
    add("waiting requests", "waiting", [](const SecondSample& s) { return s.waiting; });
    add("output tokens a second", "gen_throughput", [](const SecondSample& s) { return s.output_tokens; });
    add("prompt tokens a second", "prompt_throughput", [](const SecondSample& s) { return s.prompt_tokens; });
  }
  if (staged) {
    report.reasons.push_back(
        "whether the accelerators of a replica, which have no links of their own, reach each other's memory is not "
        "recorded; all-reduces are priced through the host's memory, NCCL's default where accelerators meet only at a "
        "processor and what these runs' own step times suggest, and once more with direct access. What a byte costs on "
        "that way is an estimate, good to some 16 %, and such exchanges are a fifth of the steps of Qwen3-32B, whose "
        "times are not known to better than 3 % then");
  }
  if (const std::string reason = small_kv_reason(run.pools.front()); !reason.empty()) report.reasons.push_back(reason);
  if (const std::string reason = kernels_reason(catalogue.device(*device)); !reason.empty()) {
    report.reasons.push_back(reason);
  }
  return report;
}

/// Of a second simulation, which is reported and not judged.
RunReport without_limits(RunReport report) {
  for (Comparison& comparison : report.comparisons) comparison.limit.reset();
  for (SeriesComparison& series : report.series) series.limit.reset();
  return report;
}

std::vector<ValidationTask> find(const fs::path& folder, const Catalogue& catalogue) {
  std::vector<ValidationTask> tasks;
  for (const fs::path& run : folders_in(folder)) {
    if (!fs::exists(run / "engine_meta.json") || !find_table(run, "requests.csv")) continue;
    const std::string name = run.filename().string();
    tasks.push_back({name, [run, &catalogue] { return compare(run, catalogue, {}); }});
    const auto again = [&](const std::string& with, const Variant& variant) {
      tasks.push_back({name + with, [run, with, variant, &catalogue] {
                         RunReport report = compare(run, catalogue, variant);
                         report.run += with;
                         return without_limits(std::move(report));
                       }});
    };
    const nlohmann::json meta = read_json(run / "engine_meta.json");
    if (own_kv_blocks(meta)) again(", with the engine's own number of KV blocks", {true, false});
    const auto device = device_called(catalogue, name.substr(0, name.find("__")));
    const nlohmann::json& engine = meta.at("engine_kwargs");
    const bool several = engine.value("tensor_parallel_size", 1) > 1 ||
                         (engine.value("enable_expert_parallel", false) && engine.value("data_parallel_size", 1) > 1);
    if (several && device && !peer_problem(PeerAccess::host, catalogue.device(*device))) {
      again(", with direct access to peers", {false, true});
    }
  }
  return tasks;
}

}  // namespace

const MeasuredKind kLlmServingSimRuns{
    "e2e_vllm_llmservingsim",
    "vLLM, every request recorded",
    "ShareGPT prompts at recorded times, with recorded prefixes; latencies count from a request's arrival",
    false,
    find,
    targets_by_limits};

}  // namespace cleave

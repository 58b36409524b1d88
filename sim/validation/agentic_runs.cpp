// Coding agents that resend long prompts: <run>/{meta.json, requests.csv}, and prefix_blocks_64tok.jsonl beside them.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "models/units/error.h"
#include "sim/validation/command_line.h"
#include "sim/validation/csv_table.h"
#include "sim/validation/json_file.h"
#include "sim/validation/kinds.h"
#include "sim/validation/measured_run.h"
#include "sim/validation/names.h"
#include "sim/workload/trace/line_reader.h"

namespace cleave {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::uint32_t kBlock = 64;  // tokens of a recorded block

/// Ranges of block ids [first, last] by "trace/request".
using BlockRanges = std::vector<std::pair<std::uint32_t, std::uint32_t>>;
using BlocksByRequest = std::map<std::string, BlockRanges, std::less<>>;

std::string request_name(std::string_view trace, std::int64_t index) {
  return fmt::format("{}/{}", trace, index);
}

BlockRanges ranges_in(const std::string& text) {
  BlockRanges ranges;
  std::istringstream words{text};
  for (std::string word; words >> word;) {
    const std::size_t dash = word.find('-');
    const auto first = static_cast<std::uint32_t>(std::stoul(word));
    ranges.emplace_back(
        first, dash == std::string::npos ? first : static_cast<std::uint32_t>(std::stoul(word.substr(dash + 1))));
  }
  return ranges;
}

BlocksByRequest read_blocks(const fs::path& folder) {
  BlocksByRequest blocks;
  const auto file = find_table(folder, "prefix_blocks_64tok.jsonl");
  if (!file) return blocks;
  Problems problems{file->string()};
  LineReader lines{file->string(), problems};
  while (lines.next()) {
    const Json line = Json::parse(lines.text());
    blocks[request_name(line.at("trace").get<std::string>(), line.at("idx").get<std::int64_t>())] =
        ranges_in(line.at("blocks").get<std::string>());
  }
  return blocks;
}

struct Call {
  std::size_t row = 0;
  double start = 0;
  double end = 0;
};

struct Recording {
  ReplayPlan plan;
  std::vector<double> ttft;
  std::vector<double> tpot;
  std::vector<double> e2e;
  std::vector<bool> success;
  std::size_t unnamed = 0;  // requests whose prompt's blocks were not recorded
};

/// Blocks of one trace are tokens of one long text; what the names leave of a prompt is nobody else's.
std::vector<ReplayPiece> prompt_of(const BlockRanges& ranges, std::uint64_t trace, std::int64_t tokens,
                                   std::size_t row) {
  std::vector<ReplayPiece> prompt;
  std::int64_t named = 0;
  for (const auto& [first, last] : ranges) {
    const std::int64_t length = std::min<std::int64_t>((std::int64_t{last} - first + 1) * kBlock, tokens - named);
    if (length <= 0) break;
    prompt.push_back({{SegmentId::given(2 * trace), first * kBlock, static_cast<std::uint32_t>(length)}, {}});
    named += length;
  }
  if (tokens > named) {
    prompt.push_back({{SegmentId::given(2 * row + 1), 0, static_cast<std::uint32_t>(tokens - named)}, {}});
  }
  return prompt;
}

ReplaySession session_of(const CsvTable& table, const std::vector<Call>& calls, const BlocksByRequest& blocks,
                         std::map<std::string, std::uint64_t, std::less<>>& traces, std::size_t& unnamed) {
  ReplaySession session;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const std::size_t row = calls[i].row;
    const std::string trace(table.text(row, "trace_id"));
    const std::uint64_t number = traces.try_emplace(trace, traces.size()).first->second;
    const auto named = blocks.find(request_name(trace, table.whole(row, "request_idx")));
    if (named == blocks.end()) ++unnamed;
    std::int64_t output = table.whole(row, "output_tokens_actual");
    if (output <= 0) output = table.whole(row, "output_tokens_expected");
    ReplayTurn turn{prompt_of(named == blocks.end() ? BlockRanges{} : named->second, number,
                              std::max<std::int64_t>(1, table.whole(row, "input_tokens")), row),
                    Tokens{std::max<std::int64_t>(1, output)}, Duration{}, static_cast<std::uint32_t>(row)};
    if (i > 0) turn.delay = nearest_nanosecond(std::max(0.0, calls[i].start - calls[i - 1].end));
    session.turns.push_back(std::move(turn));
  }
  session.start = kStartOfTime + nearest_nanosecond(std::max(0.0, calls.front().start));
  return session;
}

Recording read(const CsvTable& table, const BlocksByRequest& blocks) {
  Recording recording;
  std::map<std::string, std::vector<Call>, std::less<>> users;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const double start = table.number(row, "request_start_time");
    const double end = table.number(row, "request_complete_time");
    users[std::string(table.text(row, "user_id"))].push_back({row, start, end});
    const double first = table.maybe(row, "ttft").value_or(0);
    const double output = table.maybe(row, "output_tokens_actual").value_or(0);
    recording.ttft.push_back(first);
    recording.e2e.push_back(end - start);
    recording.tpot.push_back(output > 1 ? (end - start - first) / (output - 1) : 0);
    recording.success.push_back(table.text(row, "success") == "True");
  }
  std::map<std::string, std::uint64_t, std::less<>> traces;
  for (auto& [user, calls] : users) {
    std::stable_sort(calls.begin(), calls.end(), [](const Call& a, const Call& b) { return a.start < b.start; });
    recording.plan.sessions.push_back(session_of(table, calls, blocks, traces, recording.unnamed));
  }
  return recording;
}

Scenario scenario_of(const Catalogue& catalogue, const CommandLine& command, const std::string& config,
                     const Deployed& deployed, const std::string& served) {
  Scenario scenario = deployment_of(catalogue, deployed);
  PoolParams& pool = scenario.pools.front();
  pool.parallel.tp = static_cast<std::uint32_t>(command.number("tensor-parallel-size").value_or(1));
  pool.engine.gpu_memory_utilization = command.number("gpu-memory-utilization").value_or(0.9);
  pool.engine.max_num_seqs =
      static_cast<std::int64_t>(command.number("max-num-seqs").value_or(static_cast<double>(pool.engine.max_num_seqs)));
  pool.engine.max_model_len = Tokens{262144};
  if (command.has("enable-expert-parallel")) pool.parallel.ep = pool.parallel.tp;
  pool.weight_dtype = weight_dtype_in(served).value_or("bf16");
  if (config.find("kv-cache-dtype: fp8") != std::string::npos) pool.kv_dtype = "fp8";
  return scenario;
}

void compare_requests(RunReport& report, const Recording& recording, const SimulatedRun& run) {
  std::vector<double> measured[3];
  std::vector<double> simulated[3];
  double hits = 0;
  double prompts = 0;
  for (std::size_t i = 0; i < run.requests.size(); ++i) {
    const RequestRecord& request = run.requests[i];
    hits += static_cast<double>((request.hit_prompt_kv + request.hit_decode_kv).value());
    prompts += static_cast<double>(request.input.value());
    const std::size_t row = run.rows[i];
    if (!recording.success[row]) continue;
    const std::optional<double> values[3] = {tpot_seconds(request), ttft_seconds(request), e2e_seconds(request)};
    const double recorded[3] = {recording.tpot[row], recording.ttft[row], recording.e2e[row]};
    for (int k = 0; k < 3; ++k) {
      if (!values[k]) continue;
      measured[k].push_back(recorded[k]);
      simulated[k].push_back(*values[k]);
    }
  }
  const char* names[3] = {"TPOT", "TTFT", "E2E"};
  for (int k = 0; k < 3; ++k) {
    compare_distributions(report, names[k], measured[k], simulated[k], {}, {});
    if (const auto spread = spread_of(names[k], measured[k], simulated[k])) report.spreads.push_back(*spread);
  }
  report.facts.emplace_back("simulated prefix hits of prompt tokens",
                            fmt::format("{:.1f} %", prompts > 0 ? 100 * hits / prompts : 0));
}

void compare_hits(RunReport& report, const fs::path& folder, const SimulatedRun& run) {
  const auto file = find_table(folder, "server_timeseries.csv");
  if (!file) return;
  const CsvTable server = CsvTable::load(*file);
  if (server.rows() == 0) return;
  const double queries = server.maybe(server.rows() - 1, "prefix_cache_queries").value_or(0);
  if (queries <= 0) return;
  double hits = 0;
  double prompts = 0;
  for (const RequestRecord& request : run.requests) {
    hits += static_cast<double>((request.hit_prompt_kv + request.hit_decode_kv).value());
    prompts += static_cast<double>(request.input.value());
  }
  report.comparisons.push_back({"GPU prefix hits of prompt tokens",
                                "",
                                server.number(server.rows() - 1, "prefix_cache_hits") / queries,
                                prompts > 0 ? hits / prompts : 0,
                                true,
                                {},
                                {}});
}

RunReport compare(const fs::path& folder, const Catalogue& catalogue) {
  const std::string run_name = folder.filename().string();
  const Json meta = read_json(folder / "meta.json");
  const std::string text = meta.at("command").get<std::string>();
  const CommandLine command{text};
  std::istringstream words{text};
  std::string served;
  for (std::string word; words >> word;) {
    if (word.find('/') != std::string::npos && word.find("--") != 0) {
      served = word;
      break;
    }
  }
  const std::size_t last = run_name.rfind('_');
  std::string hardware = run_name.substr(last == std::string::npos ? 0 : last + 1);
  hardware.resize(std::min(hardware.find('-'), hardware.size()));
  const auto device = device_called(catalogue, hardware);
  const auto model = model_called(catalogue, served);
  if (!device) return skipped(run_name, "the catalogue has no hardware called " + hardware);
  if (!model) return skipped(run_name, "the catalogue has no model " + served);
  if (command.has("kv_offloading_size") || command.has("kv-offloading-size") ||
      run_name.find("offloadon") != std::string::npos) {
    return skipped(run_name, "KV offload to host memory is not simulated in this comparison yet");
  }
  const Recording recording =
      read(CsvTable::load(find_table(folder, "requests.csv").value()), read_blocks(folder.parent_path()));
  const std::string config = meta.value("config", "");
  const Scenario scenario = scenario_of(catalogue, command, config, {*device, *model, "vllm-0.19"}, served);
  const SimulatedRun run = simulate_measured(scenario, catalogue, &recording.plan);
  require_completed(run);
  RunReport report;
  report.run = run_name;
  report.facts = {{"hardware", *device},
                  {"model", fmt::format("{}, weights {}, KV {}, tp {}", *model, scenario.pools.front().weight_dtype,
                                        scenario.pools.front().kv_dtype, scenario.pools.front().parallel.tp)},
                  {"requests", fmt::format("{}", run.requests.size())},
                  {"prompts without recorded blocks", fmt::format("{}", recording.unnamed)}};
  compare_requests(report, recording, run);
  compare_hits(report, folder, run);
  if (config.find("FULL_DECODE_ONLY") != std::string::npos) {
    report.reasons.push_back(
        "only steps of pure decoding ran from captured graphs (FULL_DECODE_ONLY): steps with prompts were launched "
        "kernel by kernel, which the servers of the step calibration did not do; TTFT has that time in full");
  }
  report.reasons.push_back(
      "the first prompts met a server that had just started: their TTFT holds what it compiles and loads then");
  return report;
}

std::vector<ValidationTask> find(const fs::path& folder, const Catalogue& catalogue) {
  std::vector<ValidationTask> tasks;
  for (const fs::path& run : folders_in(folder)) {
    if (!fs::exists(run / "meta.json") || !find_table(run, "requests.csv")) continue;
    tasks.push_back({run.filename().string(), [run, &catalogue] { return compare(run, catalogue); }});
  }
  return tasks;
}

}  // namespace

const MeasuredKind kAgenticRuns{
    "e2e_agentic_dsr1_b200",
    "vLLM, coding agents with long prompts",
    "each agent's calls in their recorded order, the next one after the recorded pause; prompts share recorded blocks",
    false,
    find,
    targets_by_limits};

}  // namespace cleave

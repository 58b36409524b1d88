// Conversations of many turns in a closed loop: <run>/{meta.json, requests.csv, server_timeseries.csv}.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "models/units/error.h"
#include "sim/scenario/param_names.h"
#include "sim/validation/command_line.h"
#include "sim/validation/csv_table.h"
#include "sim/validation/json_file.h"
#include "sim/validation/kinds.h"
#include "sim/validation/measured_run.h"
#include "sim/validation/names.h"
#include "sim/validation/statistics.h"

namespace cleave {
namespace {

namespace fs = std::filesystem;

constexpr double kLimit = 0.10;
constexpr double kCrowdedLimit = 0.15;
constexpr std::size_t kCrowded = 128;  // clients up to which the closer limit holds
constexpr double kHitLimit = 0.05;
constexpr double kGainLimit = 0.08;

/// Tokens that a chat template puts around messages; the clients' counts leave them out.
struct ChatTemplate {
  std::uint32_t system = 0;   // before the first message, the same in every conversation
  std::uint32_t message = 0;  // around each message
  std::uint32_t answer = 0;   // that open the answer
};

/// Llama 3's: begin, a system message with two dates; a header of four tokens and an end around each message.
ChatTemplate template_of(const std::string& model) {
  if (model.starts_with("llama-3")) return {26, 5, 4};
  return {};
}

struct Turn {
  std::size_t row = 0;
  double start = 0;  // seconds
  double end = 0;
  std::int64_t input = 0;
  std::int64_t output = 0;
};

/// Conversations by their first start, and what was measured of each row.
struct Recording {
  ReplayPlan plan;
  std::size_t clients = 0;
  std::vector<double> ttft;
  std::vector<double> tpot;
  std::vector<double> e2e;
  double duration = 0;
  double output_tokens = 0;
};

/// A client resends the conversation: what it sent before, the answer, and its new text.
ReplaySession session_of(const std::vector<Turn>& turns, std::uint64_t conversation, const ChatTemplate& chat) {
  ReplaySession session;
  std::vector<ReplayPiece> prompt;
  if (chat.system > 0) prompt.push_back({{SegmentId::given(0), 0, chat.system}, {}});
  std::uint32_t said = 0;  // tokens of the conversation's own text so far
  for (std::size_t t = 0; t < turns.size(); ++t) {
    std::int64_t added = turns[t].input;
    if (t > 0) {
      added -= turns[t - 1].input + turns[t - 1].output;
      prompt.push_back({{{}, 0, static_cast<std::uint32_t>(turns[t - 1].output)}, static_cast<std::uint32_t>(t - 1)});
      added += chat.message;  // ends the answer
    }
    added += chat.message + (t == 0 ? chat.answer : 0);
    const auto length = static_cast<std::uint32_t>(std::max<std::int64_t>(1, added));
    prompt.push_back({{SegmentId::given(1 + conversation), said, length}, {}});
    said += length;
    ReplayTurn turn{prompt, Tokens{std::max<std::int64_t>(1, turns[t].output)}, Duration{},
                    static_cast<std::uint32_t>(turns[t].row)};
    if (t > 0) turn.delay = nearest_nanosecond(std::max(0.0, turns[t].start - turns[t - 1].end));
    session.turns.push_back(std::move(turn));
  }
  return session;
}

Recording read(const CsvTable& table, const ChatTemplate& chat) {
  Recording recording;
  std::map<std::string, std::vector<Turn>, std::less<>> conversations;
  std::map<std::string, std::string, std::less<>> client_of;
  double first = 0;
  double last = 0;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const double start = table.number(row, "start_ms") / 1e3;
    const double latency = table.number(row, "latency_ms") / 1e3;
    const Turn turn{row, start, start + latency, table.whole(row, "input_num_tokens"),
                    table.whole(row, "output_num_tokens")};
    const std::string conversation(table.text(row, "conv"));
    conversations[conversation].push_back(turn);
    client_of[conversation] = table.text(row, "client_id");
    recording.ttft.push_back(table.number(row, "ttft_ms") / 1e3);
    recording.tpot.push_back(table.number(row, "tpot_ms") / 1e3);
    recording.e2e.push_back(latency);
    recording.output_tokens += static_cast<double>(turn.output);
    first = row == 0 ? start : std::min(first, start);
    last = std::max(last, turn.end);
  }
  recording.duration = last - first;

  std::vector<std::pair<double, std::string>> order;
  for (auto& [name, turns] : conversations) {
    std::stable_sort(turns.begin(), turns.end(), [](const Turn& a, const Turn& b) { return a.start < b.start; });
    order.emplace_back(turns.front().start, name);
  }
  std::sort(order.begin(), order.end());
  std::map<std::string, double, std::less<>> free_since;  // by client
  for (std::size_t c = 0; c < order.size(); ++c) {
    const std::vector<Turn>& turns = conversations[order[c].second];
    ReplaySession session = session_of(turns, c, chat);
    const auto [client, new_client] = free_since.try_emplace(client_of[order[c].second], 0);
    if (new_client) {
      session.start = kStartOfTime + nearest_nanosecond(turns.front().start - first);
    } else {
      session.turns.front().delay = nearest_nanosecond(std::max(0.0, turns.front().start - client->second));
    }
    client->second = turns.back().end;
    recording.plan.sessions.push_back(std::move(session));
  }
  recording.clients = free_since.size();
  return recording;
}

std::int64_t digits_of(const std::string& text) {
  std::string digits;
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits), [](char c) { return c >= '0' && c <= '9'; });
  return digits.empty() ? 0 : std::stoll(digits);
}

/// The hardware named in words: "8x NVIDIA B200 node ...".
std::string hardware_in(const std::string& text) {
  std::smatch match;
  if (std::regex_search(text, match, std::regex(R"((A100|H100|H200|GB200|GB300|B200|B300|L40S))"))) return match[1];
  return text;
}

std::optional<std::int64_t> own_kv_tokens(const nlohmann::json& meta) {
  const auto at = meta.find("kv_cache_tokens");
  if (at == meta.end()) return std::nullopt;
  const std::int64_t tokens = at->is_number() ? at->get<std::int64_t>() : digits_of(at->get<std::string>());
  if (tokens <= 0) return std::nullopt;
  return tokens;
}

/// "vLLM 0.15.0 V1, ...": its version, as far as told.
std::string version_in(const std::string& engine) {
  std::smatch match;
  return std::regex_search(engine, match, std::regex(R"(vLLM (\d+\.\d+))")) ? match[1].str() : "";
}

/// "0.15" is 15. Errors: nullopt for what is no 0.x.
std::optional<int> minor_version(const std::string& version) {
  if (!version.starts_with("0.")) return std::nullopt;
  return std::stoi(version.substr(2));
}

/// vLLM reduces and normalises in one kernel by default on compute capability 10.0, since optimisation levels came in.
/// Source: enable_allreduce_rms_fusion of vllm/config/vllm.py; pull request 37755 for 10.3.
bool fuses_reductions(const std::string& engine, const PoolParams& pool) {
  constexpr int kFirst = 12;
  const bool capable = pool.hardware == "b200-sxm" || pool.hardware == "gb200-nvl72";
  return capable && pool.parallel.tp > 1 && minor_version(version_in(engine)).value_or(0) >= kFirst;
}

Scenario scenario_of(const Catalogue& catalogue, const nlohmann::json& meta, const CommandLine& command,
                     const Deployed& deployed) {
  Scenario scenario = deployment_of(catalogue, deployed);
  PoolParams& pool = scenario.pools.front();
  const std::string engine = meta.value("engine", "");
  pool.parallel.tp = static_cast<std::uint32_t>(command.number("tensor-parallel-size").value_or(1));
  pool.engine.max_num_seqs =
      static_cast<std::int64_t>(command.number("max-num-seqs").value_or(static_cast<double>(pool.engine.max_num_seqs)));
  pool.engine.gpu_memory_utilization = command.number("gpu-memory-utilization").value_or(0.9);
  std::smatch match;
  if (std::regex_search(engine, match, std::regex(R"(max_num_batched_tokens (\d+))"))) {
    pool.engine.max_num_batched_tokens = Tokens{std::stoll(match[1])};
  }
  if (engine.find("kv fp8") != std::string::npos) pool.kv_dtype = "fp8";
  pool.weight_dtype = weight_dtype_in(meta.at("model").get<std::string>()).value_or("bf16");
  if (command.number("attention-config.use_trtllm_attention") == 0 &&
      !attention_problem(AttentionBackend::flashinfer_fa2, catalogue.device(pool.hardware))) {
    pool.engine.attention_backend = AttentionBackend::flashinfer_fa2;
  }
  pool.engine.fuse_allreduce_rms = fuses_reductions(engine, pool);
  if (engine.find("FULL_DECODE_ONLY") != std::string::npos) pool.engine.cudagraph_mode = GraphMode::full_decode_only;
  return scenario;
}

/// The server's own counters at the end of a run. Tokens.
struct ServerCounters {
  double prompts = 0;
  double gpu_queries = 0;  // a prompt's, each time that it was looked up
  double gpu_hits = 0;
  double host_queries = 0;  // a prompt's, when it was scheduled
  double host_hits = 0;
};

std::optional<ServerCounters> server_counters(const fs::path& folder) {
  const auto file = find_table(folder, "server_timeseries.csv");
  if (!file) return std::nullopt;
  const CsvTable server = CsvTable::load(*file);
  if (server.rows() == 0) return std::nullopt;
  const std::size_t last = server.rows() - 1;
  const auto counter = [&](const char* name) { return server.maybe(last, name).value_or(0); };
  return ServerCounters{counter("prompt_tokens_total"), counter("prefix_cache_queries"), counter("prefix_cache_hits"),
                        counter("cpu_prefix_cache_queries"), counter("cpu_prefix_cache_hits")};
}

void compare_requests(RunReport& report, const Recording& recording, const SimulatedRun& run, double limit) {
  std::vector<double> ttft;
  std::vector<double> tpot;
  std::vector<double> e2e;
  double output = 0;
  for (const RequestRecord& request : run.requests) {
    ttft.push_back(ttft_seconds(request).value_or(0));
    e2e.push_back(e2e_seconds(request).value_or(0));
    // The clients' benchmark counts an answer of one token as zero.
    tpot.push_back(tpot_seconds(request).value_or(0));
    output += static_cast<double>(request.generated.value());
  }
  const double end = run.end_s;
  const auto rate = [](double count, double seconds) { return seconds > 0 ? count / seconds : 0; };
  compare_distributions(report, "TPOT", recording.tpot, tpot, limit, {});
  report.comparisons.push_back({"requests a second",
                                "1/s",
                                rate(static_cast<double>(recording.e2e.size()), recording.duration),
                                rate(static_cast<double>(run.requests.size()), end),
                                false,
                                limit,
                                {}});
  report.comparisons.push_back({"output tokens a second",
                                "1/s",
                                rate(recording.output_tokens, recording.duration),
                                rate(output, end),
                                false,
                                limit,
                                {}});
  compare_distributions(report, "E2E", recording.e2e, e2e, {}, {});
  compare_distributions(report, "TTFT", recording.ttft, ttft, {}, {});
  std::vector<double> by_row_tpot(recording.tpot.size());
  std::vector<double> by_row_ttft(recording.tpot.size());
  for (std::size_t i = 0; i < run.requests.size(); ++i) {
    by_row_tpot[run.rows[i]] = tpot[i];
    by_row_ttft[run.rows[i]] = ttft[i];
  }
  if (const auto spread = spread_of("TPOT", recording.tpot, by_row_tpot)) report.spreads.push_back(*spread);
  if (const auto spread = spread_of("TTFT", recording.ttft, by_row_ttft)) report.spreads.push_back(*spread);
}

void compare_hits(RunReport& report, const fs::path& folder, const SimulatedRun& run) {
  const auto measured = server_counters(folder);
  if (!measured || measured->gpu_queries <= 0) return;
  const auto share = [](double part, double whole) { return whole > 0 ? part / whole : 0; };
  double prompts = 0;
  for (const RequestRecord& request : run.requests) prompts += static_cast<double>(request.input.value());
  const double queries = static_cast<double>(run.lookup_queries);
  report.comparisons.push_back({"GPU prefix hits of tokens looked up",
                                "",
                                share(measured->gpu_hits, measured->gpu_queries),
                                share(static_cast<double>(run.lookup_hits), queries),
                                true,
                                kHitLimit,
                                {}});
  // The first in line is looked up again in each step in which it finds no memory.
  report.comparisons.push_back({"lookups of a prompt token",
                                "",
                                share(measured->gpu_queries, measured->prompts),
                                share(queries, prompts),
                                false,
                                {},
                                {}});
  if (measured->host_queries <= 0) return;
  report.comparisons.push_back({"prompt tokens loaded from host memory",
                                "",
                                share(measured->host_hits, measured->host_queries),
                                share(static_cast<double>(run.external_hits), prompts),
                                true,
                                kHitLimit,
                                {}});
}

/// vLLM's native offloading: so many GiB of pinned host memory for all ranks, LRU, blocks as they are.
/// Two units: PCIe gen6 moves twice what gen5 does (facts: 105 against 52 GB/s an accelerator).
/// Under asynchronous scheduling no block of an answer was written before 0.17: its hash was not known yet when the
/// step that fills it was scheduled. Source: vLLM pull request 33881.
TierParams host_memory(double gibibytes, const std::string& engine) {
  TierParams host;
  host.name = "host";
  host.medium = "dram-pcie5";
  host.units = 2;
  host.capacity = Bytes{static_cast<std::int64_t>(gibibytes * 1024 * 1024 * 1024)};
  constexpr int kStoresAnswers = 17;
  host.prompts_only = engine.find("async scheduling") != std::string::npos &&
                      minor_version(version_in(engine)).value_or(kStoresAnswers) < kStoresAnswers;
  return host;
}

std::string kernels_text(const PoolParams& pool) {
  return fmt::format("attention {}, graphs {}{}", name_of(pool.engine.attention_backend),
                     name_of(pool.engine.cudagraph_mode),
                     pool.engine.fuse_allreduce_rms ? ", all-reduces fused with norms" : "");
}

RunReport compare(const fs::path& folder, const Catalogue& catalogue, bool with_own_blocks) {
  const std::string run_name = folder.filename().string();
  const nlohmann::json meta = read_json(folder / "meta.json");
  const CommandLine command{meta.at("command").get<std::string>()};
  const std::string hardware = hardware_in(meta.value("hardware", ""));
  const auto device = device_called(catalogue, hardware);
  const auto model = model_called(catalogue, meta.at("model").get<std::string>());
  if (!device) return skipped(run_name, "the catalogue has no hardware called " + hardware);
  if (!model) return skipped(run_name, "the catalogue has no model " + meta.at("model").get<std::string>());
  const Recording recording = read(CsvTable::load(find_table(folder, "requests.csv").value()), template_of(*model));
  const std::string version = version_in(meta.value("engine", ""));
  Scenario scenario = scenario_of(catalogue, meta, command, {*device, *model, vllm_profile(version)});
  if (const auto size = command.number("kv_offloading_size")) {
    scenario.tiers.push_back(host_memory(*size, meta.value("engine", "")));
    scenario.kv_load.start = LoadStart::queue;
  }
  const auto own = own_kv_tokens(meta);
  if (with_own_blocks && own) {
    scenario.pools.front().engine.kv_blocks = *own / scenario.pools.front().engine.block_size.value();
  }
  const SimulatedRun run = simulate_measured(scenario, catalogue, &recording.plan);
  require_completed(run);
  RunReport report;
  report.run = run_name;
  const MeasuredPool& pool = run.pools.front();
  report.facts = {{"hardware", *device},
                  {"model", fmt::format("{}, weights {}, KV {}, tp {}", *model, scenario.pools.front().weight_dtype,
                                        scenario.pools.front().kv_dtype, scenario.pools.front().parallel.tp)},
                  {"kernels", kernels_text(scenario.pools.front())},
                  {"clients", fmt::format("{}", recording.clients)},
                  {"requests", fmt::format("{}", recording.e2e.size())},
                  {"KV tokens", fmt::format("{}", pool.kv_blocks.value_or(0) * pool.block_tokens)},
                  {"pre-emptions", fmt::format("{}", run.preemptions)}};
  if (own) report.facts.emplace_back("the engine's own KV tokens", fmt::format("{}", *own));
  compare_requests(report, recording, run, recording.clients > kCrowded ? kCrowdedLimit : kLimit);
  compare_hits(report, folder, run);
  if (!scenario.tiers.empty()) {
    report.facts.emplace_back("host memory keeps",
                              scenario.tiers.front().prompts_only ? "prompts alone" : "all blocks");
  }
  return report;
}

std::vector<ValidationTask> find(const fs::path& folder, const Catalogue& catalogue) {
  std::vector<ValidationTask> tasks;
  for (const fs::path& run : folders_in(folder)) {
    if (!fs::exists(run / "meta.json") || !find_table(run, "requests.csv")) continue;
    tasks.push_back({run.filename().string(), [run, &catalogue] { return compare(run, catalogue, false); }});
    if (!own_kv_tokens(read_json(run / "meta.json"))) continue;
    const std::string name = run.filename().string() + ", with the engine's own number of KV blocks";
    tasks.push_back({name, [run, name, &catalogue] {
                       RunReport report = compare(run, catalogue, true);
                       report.run = name;
                       for (Comparison& c : report.comparisons) c.limit.reset();
                       return report;
                     }});
  }
  return tasks;
}

const Comparison* comparison_of(const std::vector<RunReport>& reports, const std::string& run, std::string_view name) {
  for (const RunReport& report : reports) {
    if (report.run != run) continue;
    for (const Comparison& comparison : report.comparisons) {
      if (comparison.name == name) return &comparison;
    }
  }
  return nullptr;
}

/// Limits of single runs; and what host memory gains over the same deployment without it: its sign, and its size.
std::vector<Target> judge(const std::vector<RunReport>& reports) {
  constexpr std::string_view kRate = "requests a second";
  constexpr std::string_view kOn = "_offloadon";
  std::vector<Target> targets = targets_by_limits(reports);
  for (const RunReport& report : reports) {
    if (!report.run.ends_with(kOn)) continue;
    const Comparison* on = comparison_of(reports, report.run, kRate);
    const std::string name = report.run.substr(0, report.run.size() - kOn.size());
    const Comparison* off = comparison_of(reports, name + "_offloadoff", kRate);
    if (on == nullptr || off == nullptr || off->measured <= 0 || off->simulated <= 0) continue;
    const double measured = on->measured / off->measured - 1;
    const double simulated = on->simulated / off->simulated - 1;
    targets.push_back({name + ": requests a second gained by offloading to host memory", "the sign, and ± 8 points", "",
                       fmt::format("{:+.1f} % measured, {:+.1f} % simulated", 100 * measured, 100 * simulated),
                       std::abs(simulated - measured) <= kGainLimit && (simulated > 0) == (measured > 0)});
  }
  return targets;
}

}  // namespace

const MeasuredKind kMultiTurnRuns{
    "e2e_multiturn_kvoffload_b200",
    "vLLM, conversations of many turns in a closed loop",
    "every client sends one conversation at a time, the next turn as soon as the answer has come (after the client's "
    "own recorded pause of a few milliseconds); conversations are taken in the recorded order by whoever is free. One "
    "figure of the "
    "accelerator, the host's time to launch a product of 4-bit weights outside graphs, is published as a range, 125 to "
    "250 us, and was chosen within it on tp1_bs16_offloadoff, with the other runs in view; that small all-reduces are "
    "fused with the norm behind them is vLLM's default there, and was looked up because the eight-way runs asked for "
    "it; that this version wrote no block of an answer to host memory under asynchronous scheduling (vLLM pull request "
    "33881) was looked up because too much was found there",
    false,
    find,
    judge};

}  // namespace cleave

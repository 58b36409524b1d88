// Open loops of short questions and of conversations: <experiment>__<deployment>__<scenario>_<rate>.csv, and the
// deployments' own YAML in _deployment_configs.

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

#include "sim/validation/command_line.h"
#include "sim/validation/csv_table.h"
#include "sim/validation/kinds.h"
#include "sim/validation/measured_run.h"
#include "sim/validation/names.h"

namespace cleave {
namespace {

namespace fs = std::filesystem;

struct Deployment {
  std::string hardware;
  std::string model;
  std::uint32_t replicas = 1;
  std::uint32_t tp = 1;
  double utilization = 0.9;
  std::int64_t max_model_len = 131072;
};

/// The deployment of an experiment: replicas, command line and node selector of its YAML.
/// Result: nullopt without a file of that experiment whose name says plain vLLM.
std::optional<Deployment> deployment_in(const fs::path& folder, const std::string& experiment) {
  for (const fs::path& file : files_in(folder / "_deployment_configs", ".yaml")) {
    const std::string name = file.filename().string();
    if (!name.starts_with(experiment + "__") || name.find("vllm") == std::string::npos) continue;
    const YAML::Node yaml = YAML::LoadFile(file.string());
    const YAML::Node spec = yaml["spec"];
    std::ostringstream all;
    all << yaml;
    const std::string text = all.str();
    Deployment deployment;
    deployment.replicas = spec["replicas"].as<std::uint32_t>(1);
    std::smatch match;
    if (std::regex_search(text, match, std::regex(R"((NVIDIA-[A-Za-z0-9-]+))"))) deployment.hardware = match[1];
    const YAML::Node container = spec["template"]["spec"]["containers"][0];
    std::string line;
    for (const YAML::Node& arg : container["args"]) line += arg.as<std::string>() + " ";
    const CommandLine command{line};
    if (std::regex_search(line, match, std::regex(R"(serve\s+(\S+))"))) deployment.model = match[1];
    deployment.tp = static_cast<std::uint32_t>(command.number("tensor-parallel-size").value_or(1));
    deployment.utilization = command.number("gpu-memory-utilization").value_or(0.9);
    deployment.max_model_len = static_cast<std::int64_t>(command.number("max-model-len").value_or(131072));
    return deployment;
  }
  return std::nullopt;
}

struct Recording {
  ReplayPlan plan;
  std::vector<double> ttft;
  std::vector<double> tpot;
  bool identities = false;  // who asked is known, so shared prefixes are
};

/// A user's rounds extend each other; everybody's first tokens are the same system prompt where users are known.
Recording read(const CsvTable& table) {
  Recording recording;
  recording.identities = table.has("user_id");
  std::map<std::string, std::uint64_t, std::less<>> users;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::int64_t input = std::max<std::int64_t>(1, table.whole(row, "prompt_tokens"));
    const std::int64_t output = std::max<std::int64_t>(1, table.whole(row, "generation_tokens"));
    std::uint64_t segment = row;
    if (recording.identities) {
      segment = users.try_emplace(std::string(table.text(row, "user_id")), users.size()).first->second;
    }
    std::vector<ReplayPiece> prompt{{{SegmentId::given(segment), 0, static_cast<std::uint32_t>(input)}, {}}};
    recording.plan.sessions.push_back(
        single_request(kStartOfTime + nearest_nanosecond(std::max(0.0, table.number(row, "launch_s"))),
                       std::move(prompt), Tokens{output}, static_cast<std::uint32_t>(row)));
    recording.ttft.push_back(table.number(row, "ttft"));
    recording.tpot.push_back(output > 1 ? table.number(row, "generation_time") / static_cast<double>(output - 1) : 0);
  }
  return recording;
}

Scenario scenario_of(const Deployment& deployment, const std::string& device, const std::string& model,
                     std::uint32_t replicas, const Catalogue& catalogue) {
  Scenario scenario = deployment_of(catalogue, {device, model, "vllm-0.10"});  // the image's time: 2025
  PoolParams& pool = scenario.pools.front();
  pool.replicas = replicas;
  pool.parallel.tp = deployment.tp;
  pool.engine.gpu_memory_utilization = deployment.utilization;
  pool.engine.max_model_len = Tokens{deployment.max_model_len};
  scenario.router.prefill.name = "round_robin";
  return scenario;
}

RunReport compare(const fs::path& folder, const fs::path& file, const Catalogue& catalogue) {
  std::string run_name = file.filename().string();
  run_name.resize(run_name.find(".csv"));
  const std::string experiment = run_name.substr(0, run_name.find("__"));
  const auto deployment = deployment_in(folder, experiment);
  if (!deployment) return skipped(run_name, "no deployment of plain vLLM is recorded for " + experiment);
  const auto device = device_called(catalogue, deployment->hardware);
  const auto model = model_called(catalogue, deployment->model);
  if (!device) return skipped(run_name, "the catalogue has no hardware called " + deployment->hardware);
  if (!model) return skipped(run_name, "the catalogue has no model " + deployment->model);
  std::uint32_t replicas = deployment->replicas;
  std::smatch match;
  if (std::regex_search(run_name, match, std::regex(R"((\d+)replicas)"))) {
    replicas = static_cast<std::uint32_t>(std::stoul(match[1]));
  }
  const CsvTable table = CsvTable::load(file);
  const Recording recording = read(table);
  const SimulatedRun run =
      simulate_measured(scenario_of(*deployment, *device, *model, replicas, catalogue), catalogue, &recording.plan);
  require_completed(run);
  std::vector<double> ttft(recording.ttft.size());
  std::vector<double> tpot(recording.ttft.size());
  for (std::size_t i = 0; i < run.requests.size(); ++i) {
    ttft[run.rows[i]] = ttft_seconds(run.requests[i]).value_or(0);
    tpot[run.rows[i]] = tpot_seconds(run.requests[i]).value_or(0);
  }
  RunReport report;
  report.run = run_name;
  report.facts = {{"hardware", *device},
                  {"model", fmt::format("{}, tp {}, {} replicas", *model, deployment->tp, replicas)},
                  {"requests", fmt::format("{}", recording.ttft.size())},
                  {"KV tokens of a replica",
                   fmt::format("{}", run.pools.front().kv_blocks.value_or(0) * run.pools.front().block_tokens)},
                  {"pre-emptions", fmt::format("{}", run.preemptions)}};
  compare_distributions(report, "TPOT", recording.tpot, tpot, {}, {});
  compare_distributions(report, "TTFT", recording.ttft, ttft, {}, {});
  if (const auto spread = spread_of("TPOT", recording.tpot, tpot)) report.spreads.push_back(*spread);
  if (const auto spread = spread_of("TTFT", recording.ttft, ttft)) report.spreads.push_back(*spread);
  if (const std::string reason = small_kv_reason(run.pools.front()); !reason.empty()) report.reasons.push_back(reason);
  if (!recording.identities) {
    report.reasons.push_back("which prompts continue which conversation is not recorded: no prefix is shared here");
  }
  return report;
}

std::vector<ValidationTask> find(const fs::path& folder, const Catalogue& catalogue) {
  std::vector<ValidationTask> tasks;
  std::vector<fs::path> files = files_in(folder, ".csv.gz");
  for (const fs::path& file : files_in(folder, ".csv")) files.push_back(file);
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    std::string name = file.filename().string();
    name.resize(name.find(".csv"));
    tasks.push_back({name, [folder, file, &catalogue] { return compare(folder, file, catalogue); }});
  }
  return tasks;
}

}  // namespace

const MeasuredKind kLmbenchRuns{
    "e2e_lmbench_llmd",
    "vLLM behind a service, open loop",
    "requests at their recorded times, with their recorded lengths; a user's rounds extend each other",
    false,
    find,
    targets_by_limits};

}  // namespace cleave

#include "sim/study/check/run_side.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "models/units/error.h"
#include "sim/study/sweep/fork_pool.h"
#include "sim/study/sweep/tree_field.h"

namespace cleave {
namespace {

/// One word of a shell command.
std::string quoted(const std::string& word) {
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

/// `<program> run` prints summary.json: an interface that every version has.
std::string run_with_program(const SideParams& side, const std::string& scenario, std::uint64_t seed) {
  std::string command = fmt::format("{} run {} --seed {} --format json --no-report --quiet", quoted(side.program),
                                    quoted(scenario), seed);
  for (const auto& [path, value] : side.set) {
    command += " --set " + quoted(fmt::format("{}={}", path, json_of_tree(value).dump()));
  }
  std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot start " + side.program);
  std::string text;
  std::array<char, 65536> buffer;
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe)) text.append(buffer.data(), got);
  const int status = ::pclose(pipe);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw std::runtime_error(fmt::format("{}: {}", side.program, text));
  return text;
}

Settings settings_of(const SettingMap& map) {
  Settings settings;
  for (const auto& [path, value] : map) settings.push_back({path, value});
  return settings;
}

/// One scenario of a side, or why it cannot be read.
struct Variant {
  std::unique_ptr<ScenarioFamily> family;
  std::string error;
};

std::vector<Variant> read_scenarios(const std::vector<std::string>& scenarios, const SideParams& side,
                                    const Catalogue& catalogue, const SideOptions& options) {
  std::vector<Variant> variants(scenarios.size());
  for (std::size_t s = 0; s < variants.size(); ++s) {
    if (!side.program.empty()) continue;
    try {
      variants[s].family =
          std::make_unique<ScenarioFamily>(scenarios[s], settings_of(side.set), catalogue, options.data_dir);
    } catch (const ConfigError& error) {
      variants[s].error = error.what();
    }
  }
  return variants;
}

}  // namespace

std::vector<SideRuns> run_side(const CheckParams& check, const SideParams& side,
                               const std::vector<std::string>& scenarios, const Catalogue& catalogue,
                               const SimulatePoint& simulate, const SideOptions& options) {
  const std::vector<Variant> variants = read_scenarios(scenarios, side, catalogue, options);
  const std::size_t seeds = check.replicates;
  std::vector<SideRuns> runs(variants.size(), SideRuns(seeds));
  for (SideRuns& own : runs) {
    for (std::size_t i = 0; i < seeds; ++i) own[i] = {check.first_seed + i, "", "it was interrupted"};
  }
  const auto work = [&](std::size_t job) {
    const Variant& variant = variants[job / seeds];
    const std::uint64_t seed = check.first_seed + job % seeds;
    if (!side.program.empty()) return run_with_program(side, scenarios[job / seeds], seed);
    if (!variant.family) throw ConfigError(variant.error);
    return simulate.run(variant.family->variant({}, seed), catalogue);
  };
  std::size_t done = 0;
  PoolCallbacks callbacks;
  callbacks.stop = options.stop;
  callbacks.finished = [&](std::size_t job, JobResult result) {
    SideRun& run = runs[job / seeds][job % seeds];
    run.error.clear();
    (result.status == JobStatus::done ? run.summary : run.error) = std::move(result.text);
    ++done;
  };
  callbacks.tick = [&](std::size_t) {
    if (options.tick) options.tick(done, variants.size() * seeds);
  };
  PoolOptions pool;
  if (side.program.empty()) pool.prepare = simulate.prepare;
  pool.workers = options.workers;
  run_jobs(variants.size() * seeds, work, pool, callbacks);
  return runs;
}

}  // namespace cleave

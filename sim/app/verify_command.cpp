#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "models/units/error.h"
#include "sim/app/child.h"
#include "sim/app/commands.h"
#include "sim/app/data_dir.h"
#include "sim/app/expectation.h"
#include "sim/app/facts.h"
#include "sim/app/interrupt.h"
#include "sim/app/simulate.h"
#include "sim/app/verify_engines.h"
#include "sim/app/verify_report.h"

namespace cleave {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".expect.yaml";

/// The scenario that an expect file is about; nullopt for any other file.
std::optional<fs::path> scenario_of(const fs::path& file) {
  const std::string name = file.filename().string();
  if (name == "expect.yaml") return file.parent_path() / "scenario.yaml";
  if (!name.ends_with(kSuffix)) return std::nullopt;
  return file.parent_path() / (name.substr(0, name.size() - kSuffix.size()) + ".yaml");
}

void add_pair(const fs::path& file, std::vector<VerifyCase>& cases) {
  const auto scenario = scenario_of(file);
  if (!scenario) return;
  if (!fs::exists(*scenario)) {
    throw ConfigError(fmt::format("{}: expected the scenario {} beside it", file.string(), scenario->string()));
  }
  cases.push_back({scenario->string(), load_expectations(file), {}, {}, {}});
}

/// The expect file of a scenario. Errors: ConfigError when there is none.
fs::path expect_file_of(const fs::path& scenario) {
  for (const fs::path& candidate : {scenario.parent_path() / (scenario.stem().string() + std::string(kSuffix)),
                                    scenario.parent_path() / "expect.yaml"}) {
    if (fs::exists(candidate)) return candidate;
  }
  throw ConfigError(fmt::format("{}: expected {}{} beside it", scenario.string(), scenario.stem().string(), kSuffix));
}

/// All scenarios with an expect file, at `path` or below it, in order of their names.
std::vector<VerifyCase> find_cases(const std::vector<std::string>& paths) {
  std::vector<fs::path> files;
  for (const fs::path path : paths) {
    if (fs::is_directory(path)) {
      for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path)) {
        if (entry.is_regular_file()) files.push_back(entry.path());
      }
    } else if (!fs::exists(path)) {
      throw ConfigError(fmt::format("{}: no such file or folder", path.string()));
    } else {
      files.push_back(scenario_of(path) ? path : expect_file_of(path));
    }
  }
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  std::vector<VerifyCase> cases;
  for (const fs::path& file : files) add_pair(file, cases);
  return cases;
}

/// Runs scenarios, each once and in a process of its own: several may be compared with the same one.
class Runner {
 public:
  Runner(LoadOptions options, const Catalogue& catalogue) : options_(std::move(options)), catalogue_(catalogue) {
    options_.catalogue = &catalogue_;
    options_.need_files = false;
  }

  void run(VerifyCase& verify) {
    const auto* summary = summary_of(verify.scenario, verify);
    if (summary == nullptr) return;
    std::vector<Judgement> verdicts;
    for (const Expectation& check : verify.expected.checks) {
      const auto* base = summary;
      if (!check.base.empty()) base = summary_of(fs::path(verify.scenario).parent_path() / check.base, verify);
      if (base == nullptr) return;
      verdicts.push_back(judge(check, *summary, *base));
    }
    verify.verdicts = std::move(verdicts);
  }

 private:
  using Json = nlohmann::ordered_json;

  /// nullptr when it could not be run: the case says why.
  const Json* summary_of(const fs::path& scenario, VerifyCase& verify) {
    const std::string path = scenario.lexically_normal().string();
    if (const auto known = summaries_.find(path); known != summaries_.end()) return &known->second;
    const LoadedScenario loaded = load_scenario(path, {}, options_);
    verify.missing = missing_inputs(loaded.scenario);
    if (!verify.missing.empty()) return nullptr;
    const ChildResult result = run_in_child([&] { return simulate_for_summary(loaded, catalogue_); });
    if (result.code != ExitCode::ok) {
      verify.failure = result.text;
      return nullptr;
    }
    return &summaries_.emplace(path, Json::parse(result.text)).first->second;
  }

  LoadOptions options_;
  const Catalogue& catalogue_;
  std::map<std::string, Json> summaries_;  // by path
};

class VerifyCommand final : public Command {
 public:
  explicit VerifyCommand(CLI::App& parser) {
    parser.add_option("paths", paths_, "scenarios, or folders to look in")->type_name("PATH")->default_str("scenarios");
    parser.add_option("--only", only_,
                      "only scenarios whose path contains this text; `engines`, or `engines/` and a part of a run's "
                      "name: instead, measured serving runs of the data folder, simulated and compared")
        ->type_name("TEXT");
    parser.add_option("--page", page_, "with --only engines: also write the results as a Markdown page")
        ->type_name("FILE");
    add_data_dir(parser, data_dir_);
    add_format(parser, format_);
  }

  ExitCode run() override {
    if (const auto runs = measured_runs_meant(only_)) return verify_engines({*runs, data_dir_, page_, format_});
    if (!page_.empty()) throw ConfigError("--page: goes with --only engines");
    catch_interrupts();
    const Catalogue catalogue = Catalogue::load(catalogue_folder());
    const LoadOptions options = load_options(data_dir_);
    std::vector<VerifyCase> cases = find_cases(paths_.empty() ? std::vector<std::string>{"scenarios"} : paths_);
    std::erase_if(cases, [this](const VerifyCase& verify) { return verify.scenario.find(only_) == std::string::npos; });
    Runner runner{options, catalogue};
    std::size_t done = 0;
    for (; done < cases.size(); ++done) {
      runner.run(cases[done]);
      if (interrupted()) break;
      if (format_ == OutputFormat::text) print_case(cases[done]);
      std::fflush(stdout);
    }
    cases.resize(done);
    if (format_ == OutputFormat::text) {
      print_totals(cases);
    } else {
      fmt::print("{}\n", to_json(cases).dump(2));
    }
    return interrupted() ? ExitCode::interrupted : outcome_of(cases);
  }

 private:
  std::vector<std::string> paths_;
  std::string only_;
  std::string data_dir_;
  std::string page_;
  OutputFormat format_ = OutputFormat::text;
};

}  // namespace

std::unique_ptr<Command> make_verify_command(CLI::App& parser) {
  return std::make_unique<VerifyCommand>(parser);
}

}  // namespace cleave

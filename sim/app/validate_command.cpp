#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "models/units/error.h"
#include "sim/app/commands.h"
#include "sim/app/data_dir.h"
#include "sim/app/expectation.h"
#include "sim/scenario/include.h"
#include "sim/scenario/load.h"
#include "sim/study/check/check.h"
#include "sim/study/plan/plan.h"
#include "sim/study/prices/price_list.h"
#include "sim/study/sweep/sweep.h"
#include "sim/workload/make_workload.h"

namespace cleave {
namespace {

enum class FileKind { scenario, expectations, study, plan, check };

/// What a file is: names tell expectations and checks; studies and plans name a scenario, which a scenario does not.
FileKind kind_of(const std::string& file) {
  if (file.ends_with("expect.yaml")) return FileKind::expectations;
  if (file.ends_with("check.yaml")) return FileKind::check;
  Diagnostics unread;  // whoever reads the file says what is wrong with it
  const auto read = read_with_includes(file, unread);
  if (!read || read->tree.entry("scenario") == nullptr) return FileKind::scenario;
  return read->tree.entry("layouts") != nullptr ? FileKind::plan : FileKind::study;
}

/// The mistakes of a study: of the file, then, where inputs are looked at, of its points, each once.
std::vector<std::string> study_errors(const std::string& file, const LoadOptions& options) {
  const LoadedStudy study = load_study(file, options.data_dir);
  std::vector<std::string> errors = study.problems;
  if (!options.need_files) return errors;
  Settings set;
  for (const auto& [path, value] : study.params.set) set.push_back({path, value});
  const Catalogue catalogue = Catalogue::load(catalogue_folder());
  const ScenarioFamily family(study.params.scenario, std::move(set), catalogue, options.data_dir);
  for (const BadPoint& bad : plan_sweep(study.params, family, catalogue).bad) {
    if (std::find(errors.begin(), errors.end(), bad.error) == errors.end()) errors.push_back(bad.error);
  }
  return errors;
}

/// The mistakes of a plan, and the price lists that it names and that cannot be read.
std::vector<std::string> plan_errors(const std::string& file) {
  const LoadedPlan plan = load_plan(file);
  for (const std::string& list : plan.params.prices) (void)load_price_list(catalogue_folder(), list);
  std::vector<std::string> errors;
  for (const std::string& problem : plan.problems) errors.push_back(file + ": " + problem);
  return errors;
}

struct Checked {
  std::string file;
  std::vector<std::string> errors;
};

class ValidateCommand final : public Command {
 public:
  explicit ValidateCommand(CLI::App& parser) {
    parser
        .add_option("scenarios", files_,
                    "scenarios, studies, plans, checks (*.check.yaml) and expectations (*.expect.yaml)")
        ->required()
        ->type_name("FILE");
    parser.add_option("--set", overrides_, "override a value: path=value")->type_name("PATH=VALUE");
    parser.add_flag("--no-files", no_files_, "do not ask that traces and other inputs exist");
    add_data_dir(parser, data_dir_);
    add_format(parser, format_);
  }

  ExitCode run() override {
    const LoadOptions options = load_options(data_dir_, !no_files_);
    std::vector<Checked> results;
    bool valid = true;
    for (const std::string& file : files_) {
      results.push_back({file, errors_of(file, options)});
      valid = valid && results.back().errors.empty();
    }
    format_ == OutputFormat::json ? print_json(results) : print_text(results);
    return valid ? ExitCode::ok : ExitCode::invalid_input;
  }

 private:
  /// A diagnostic is this command's answer, not its failure: so it is caught here, and the next file gets its turn.
  [[nodiscard]] std::vector<std::string> errors_of(const std::string& file, const LoadOptions& options) const {
    std::vector<std::string> errors;
    try {
      switch (kind_of(file)) {
        case FileKind::expectations:
          (void)load_expectations(file);
          break;
        case FileKind::check:
          (void)load_check(file);
          break;
        case FileKind::study:
          errors = study_errors(file, options);
          break;
        case FileKind::plan:
          errors = plan_errors(file);
          break;
        case FileKind::scenario:
          const LoadedScenario loaded = load_scenario(file, overrides_, options);
          if (loaded.scenario.prices) (void)load_price_list(catalogue_folder(), *loaded.scenario.prices);
          if (!no_files_) check_traces(loaded.scenario.workload);
      }
    } catch (const ConfigError& error) {
      std::istringstream lines(error.what());
      for (std::string line; std::getline(lines, line);) errors.push_back(line);
    }
    return errors;
  }

  static void print_text(const std::vector<Checked>& results) {
    for (const Checked& result : results) {
      if (result.errors.empty()) fmt::print("{}: valid\n", result.file);
      for (const std::string& error : result.errors) fmt::print(stderr, "{}\n", error);
    }
  }

  static void print_json(const std::vector<Checked>& results) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const Checked& result : results) {
      list.push_back({{"file", result.file}, {"valid", result.errors.empty()}, {"errors", result.errors}});
    }
    fmt::print("{}\n", list.dump(2));
  }

  std::vector<std::string> files_;
  std::vector<std::string> overrides_;
  bool no_files_ = false;
  std::string data_dir_;
  OutputFormat format_ = OutputFormat::text;
};

}  // namespace

std::unique_ptr<Command> make_validate_command(CLI::App& parser) {
  return std::make_unique<ValidateCommand>(parser);
}

}  // namespace cleave

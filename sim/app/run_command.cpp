#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>

#include "sim/app/commands.h"
#include "sim/app/data_dir.h"
#include "sim/app/run_output.h"
#include "sim/app/simulate.h"
#include "sim/app/terminal.h"
#include "sim/report/summary_json.h"
#include "sim/report/text_summary.h"

namespace cleave {
namespace {

class RunCommand final : public Command {
 public:
  explicit RunCommand(CLI::App& parser) {
    parser.add_option("scenario", scenario_, "the scenario file")->required()->type_name("FILE");
    parser.add_option("--seed", seed_, "of all random streams, instead of the scenario's")
        ->type_name("N")
        ->check([](const std::string& text) {
          const bool whole = text.find_first_not_of("0123456789") == std::string::npos;
          return whole ? std::string{} : "got " + text + ", expected a whole number of at least 0";
        });
    CLI::Option* out = parser.add_option("--out", out_, "folder for the results, instead of runs/<scenario>-s<seed>");
    out->type_name("DIR");
    parser.add_option("--set", overrides_, "override a value: path=value; may be repeated")
        ->type_name("PATH=VALUE")
        ->allow_extra_args(false);
    parser.add_flag("--quiet", quiet_, "no progress");
    parser.add_flag("--no-report", no_report_, "write no folder: print the summary only")->excludes(out);
    add_data_dir(parser, data_dir_);
    add_format(parser, format_);
  }

  ExitCode run() override {
    const Catalogue catalogue = Catalogue::load(catalogue_folder());
    const LoadedScenario loaded = load(catalogue);
    Run run(loaded, catalogue);
    std::optional<RunOutput> output;
    if (!no_report_) {
      run.name_input_files();
      output.emplace(folder_of(loaded.scenario), loaded.scenario.output, run.recorder());
    }
    const bool colour = takes_colour(stdout);
    if (format_ == OutputFormat::text) {
      fmt::print("{}\n", opening_text(run.facts(), colour));
      std::fflush(stdout);
    }
    run.simulate(quiet_);
    const RunResults results = run.recorder().results();
    if (output) output->finish(run.facts(), results, run.recorder());
    if (format_ == OutputFormat::json) {
      fmt::print("{}", summary_json(run.facts(), results));
    } else {
      fmt::print("{}", text_summary(run.facts(), results, colour));
      if (output) fmt::print("\nreport: {}\n", output->report().string());
    }
    return run.facts().interrupted ? ExitCode::interrupted : ExitCode::ok;
  }

 private:
  [[nodiscard]] LoadedScenario load(const Catalogue& catalogue) const {
    LoadOptions options = load_options(data_dir_);
    options.catalogue = &catalogue;
    std::vector<std::string> overrides = overrides_;
    if (seed_) overrides.push_back(fmt::format("seed={}", *seed_));
    return load_scenario(scenario_, overrides, options);
  }

  [[nodiscard]] std::filesystem::path folder_of(const Scenario& scenario) const {
    if (!out_.empty()) return out_;
    if (!scenario.output.folder.empty()) return scenario.output.folder;
    return std::filesystem::path("runs") / fmt::format("{}-s{}", scenario.name, scenario.seed);
  }

  std::string scenario_;
  std::optional<std::uint64_t> seed_;
  std::string out_;
  std::vector<std::string> overrides_;
  bool quiet_ = false;
  bool no_report_ = false;
  std::string data_dir_;
  OutputFormat format_ = OutputFormat::text;
};

}  // namespace

std::unique_ptr<Command> make_run_command(CLI::App& parser) {
  return std::make_unique<RunCommand>(parser);
}

}  // namespace cleave

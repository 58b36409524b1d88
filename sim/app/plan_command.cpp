#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <thread>

#include "sim/app/commands.h"
#include "sim/app/data_dir.h"
#include "sim/app/interrupt_twice.h"
#include "sim/app/simulate.h"
#include "sim/app/terminal.h"
#include "sim/report/output_file.h"
#include "sim/study/plan/planner.h"
#include "sim/study/plan/render.h"

namespace cleave {
namespace {

namespace fs = std::filesystem;

class PlanCommand final : public Command {
 public:
  explicit PlanCommand(CLI::App& parser) {
    parser.add_option("plan", plan_, "the plan file")->required()->type_name("FILE");
    parser.add_option("--out", out_, "folder for the report, instead of runs/<plan>.plan")->type_name("DIR");
    parser.add_option("--workers", workers_, "runs at a time; all cores when left out")
        ->type_name("N")
        ->check(CLI::Range(1, 4096));
    parser.add_flag("--quiet", quiet_, "no progress");
    add_data_dir(parser, data_dir_);
    add_format(parser, format_);
  }

  ExitCode run() override {
    const LoadOptions load = load_options(data_dir_);
    const fs::path folder = catalogue_folder();
    const Catalogue catalogue = Catalogue::load(folder);
    const LoadedPlan plan = load_plan(plan_);
    count_interrupts();
    PlanReport report;
    try {
      report = carry_out(plan, catalogue, folder, load.data_dir, simulate_points(), evaluate_options());
    } catch (const InterruptedError&) {
      clear_progress();
      fmt::print(stderr, "interrupted: no report was written; the same command starts anew\n");
      return ExitCode::interrupted;
    }
    report.version = CLEAVE_VERSION;
    clear_progress();
    if (format_ == OutputFormat::json) {  // the text says them itself
      for (const std::string& problem : report.problems) fmt::print(stderr, "problem: {}\n", problem);
    }
    write(report);
    if (!report.problems.empty()) return ExitCode::invalid_input;
    const bool all =
        std::all_of(report.answers.begin(), report.answers.end(), [](const auto& a) { return a.best.has_value(); });
    return all ? ExitCode::ok : ExitCode::inconclusive;
  }

 private:
  EvaluateOptions evaluate_options() {
    EvaluateOptions options;
    options.workers = workers_.value_or(std::max(1U, std::thread::hardware_concurrency()));
    options.stop = [] { return std::min(2, 2 * interrupts()); };  // half a decision is none
    options.ran = [this] {
      ++simulations_;
      if (!quiet_ && is_terminal(stderr)) fmt::print(stderr, "\r{} simulations", simulations_);
    };
    return options;
  }

  void clear_progress() const {
    if (!quiet_ && is_terminal(stderr)) fmt::print(stderr, "\r{:<30}\r", "");
  }

  void write(const PlanReport& report) const {
    const fs::path folder = out_.empty() ? fs::path("runs") / (report.params.name + ".plan") : fs::path(out_);
    fs::create_directories(folder);
    write_file(folder / "plan.json", plan_json(report));
    write_file(folder / "plan.txt", plan_text(report, false));
    write_file(folder / "report.html", plan_html(report));
    if (format_ == OutputFormat::json) {
      fmt::print("{}", plan_json(report));
    } else {
      fmt::print("{}\nreport: {}\n", plan_text(report, takes_colour(stdout)), (folder / "report.html").string());
    }
  }

  std::string plan_;
  std::string out_;
  std::optional<std::size_t> workers_;
  bool quiet_ = false;
  std::string data_dir_;
  OutputFormat format_ = OutputFormat::text;
  std::size_t simulations_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_plan_command(CLI::App& parser) {
  return std::make_unique<PlanCommand>(parser);
}

}  // namespace cleave

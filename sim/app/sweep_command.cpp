#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "models/units/error.h"
#include "sim/app/commands.h"
#include "sim/app/data_dir.h"
#include "sim/app/interrupt_twice.h"
#include "sim/app/simulate.h"
#include "sim/app/slurm.h"
#include "sim/app/study_progress.h"
#include "sim/report/output_file.h"
#include "sim/scenario/yaml_parser.h"
#include "sim/study/store/export.h"
#include "sim/study/sweep/program_identity.h"
#include "sim/study/sweep/sweep.h"

namespace cleave {
namespace {

namespace fs = std::filesystem;

/// Each distinct mistake once, with the points that have it.
void print_problems(const std::vector<std::string>& problems, const SweepPlan& plan) {
  for (const std::string& problem : problems) fmt::print(stderr, "problem: {}\n", problem);
  std::map<std::string, std::vector<std::string>> points;
  for (const BadPoint& bad : plan.bad) points[bad.error].push_back(bad.settings);
  constexpr std::size_t kMostShown = 5;
  for (const auto& [error, settings] : points) {
    fmt::print(stderr, "{} {} cannot run:\n  {}\n", settings.size(), settings.size() == 1 ? "point" : "points", error);
    for (std::size_t i = 0; i < settings.size() && i < kMostShown; ++i) fmt::print(stderr, "    {}\n", settings[i]);
    if (settings.size() > kMostShown) fmt::print(stderr, "    ... and {} more\n", settings.size() - kMostShown);
  }
}

class SweepCommand final : public Command {
 public:
  explicit SweepCommand(CLI::App& parser) : export_(*parser.add_subcommand("export", "write results as a table")) {
    parser.add_option("study", study_, "the study file")->type_name("FILE");
    parser.add_option("--out", out_, "the results file, instead of runs/<study>.db")->type_name("FILE");
    parser.add_option("--workers", workers_, "runs at a time; all cores when left out")
        ->type_name("N")
        ->check(CLI::Range(1, 4096));
    parser.add_option("--shard", shard_, "only part i of n, such as 0/4; see `cleave merge`")->type_name("i/n");
    parser.add_flag("--plan", plan_only_, "say what would run, and run nothing");
    parser.add_flag("--quiet", quiet_, "no progress");
    parser.add_option("--on", on_, "where to run: here, or as a job array of a Slurm cluster")
        ->type_name("local|slurm")
        ->check(CLI::IsMember({"local", "slurm"}).description(""));
    parser.add_option("--tasks", slurm_.tasks, "slurm: tasks of the job array")
        ->type_name("N")
        ->check(CLI::Range(1, 100000));
    parser.add_option("--sbatch", slurm_.arguments, "slurm: a further argument of sbatch; may be repeated")
        ->type_name("ARG")
        ->allow_extra_args(false);
    add_data_dir(parser, data_dir_);
    export_.add_option("results", results_, "the results file")->required()->type_name("FILE");
    export_.add_option("--format", export_format_, "csv or json")
        ->type_name("csv|json")
        ->check(CLI::IsMember({"csv", "json"}).description(""));
    export_.add_option("--out", export_out_, "where to write; standard output when left out")->type_name("FILE");
    export_.footer(
        "Examples:\n  cleave sweep export runs/rate.db > rate.csv\n  cleave sweep export runs/rate.db --format json | "
        "jq '.[0]'\n");
  }

  ExitCode run() override {
    if (export_.parsed()) return run_export();
    if (study_.empty()) throw ConfigError("expected a study file; see `cleave sweep --help`");
    const LoadOptions options = load_options(data_dir_);
    const Catalogue catalogue = Catalogue::load(catalogue_folder());
    const LoadedStudy study = load_study(study_, options.data_dir);
    const ScenarioFamily family(study.params.scenario, settings_of(study.params.set), catalogue, options.data_dir);
    const SweepPlan plan = plan_sweep(study.params, family, catalogue);
    print_problems(study.problems, plan);
    print_plan(study.params, plan);
    if (plan_only_) return plan.bad.empty() && study.problems.empty() ? ExitCode::ok : ExitCode::invalid_input;
    const fs::path file = results_file(study.params);
    if (on_ == "slurm") return sweep_on_slurm(slurm_, {study_, data_dir_, file.string(), quiet_, plan.runs.size()});
    const SweepOutcome outcome = sweep(plan, family, catalogue, file);
    return told(outcome, file, study.problems.size());
  }

 private:
  static Settings settings_of(const SettingMap& map) {
    Settings settings;
    for (const auto& [path, value] : map) settings.push_back({path, value});
    return settings;
  }

  [[nodiscard]] fs::path results_file(const StudyParams& study) const {
    if (!out_.empty()) return out_;
    std::string name = study.name;
    if (!shard_.empty()) {
      const Shard shard = parse_shard(shard_);
      name += fmt::format("-shard-{}-of-{}", shard.index, shard.count);
    }
    return fs::path("runs") / (name + ".db");
  }

  void print_plan(const StudyParams& study, const SweepPlan& plan) const {
    if (quiet_) return;
    std::string line = fmt::format("{}: {} points x {} seeds", study.name, plan.points.size(), study.replicates);
    if (plan.left_out > 0) line += fmt::format(", {} left out by conditions", plan.left_out);
    if (plan.repeated > 0) line += fmt::format(", {} were the same as others", plan.repeated);
    if (!plan.bad.empty()) line += fmt::format(", {} cannot run", plan.bad.size());
    fmt::print(stderr, "{}\n", line);
  }

  SweepOutcome sweep(const SweepPlan& plan, const ScenarioFamily& family, const Catalogue& catalogue,
                     const fs::path& file) {
    SweepOptions options;
    options.study = read_text_file(study_).value_or("");
    options.program = program_identity(CLEAVE_VERSION);
    options.workers = workers_.value_or(std::max(1U, std::thread::hardware_concurrency()));
    if (!shard_.empty()) options.shard = parse_shard(shard_);
    StudyProgress progress(quiet_);
    count_interrupts();
    options.stop = [] { return interrupts(); };
    bool told_waiting = false;
    options.progress = [&](const SweepStanding& standing) {
      if (interrupts() == 1 && !std::exchange(told_waiting, true)) {
        progress.note(fmt::format("stopping after {} running runs; again to drop them", standing.running));
      }
      progress.update({standing.runs, standing.known, standing.done, standing.failed});
    };
    ResultStore store(file, shard_.empty() ? StoreMode::local : StoreMode::shared_disk);
    return run_sweep(plan, family, catalogue, simulate_points(), store, options);
  }

  ExitCode told(const SweepOutcome& outcome, const fs::path& file, std::size_t problems) const {
    const SweepStanding& s = outcome.standing;
    fmt::print("{} runs: {} known, {} run now, {} failed, {} cannot run, {} unfinished\nresults: {}\n", s.runs, s.known,
               s.done, outcome.failed, outcome.invalid, outcome.unfinished, file.string());
    if (outcome.unfinished > 0) return ExitCode::interrupted;
    if (outcome.failed > 0) return ExitCode::runtime_error;
    return outcome.invalid > 0 || problems > 0 ? ExitCode::invalid_input : ExitCode::ok;
  }

  ExitCode run_export() const {
    const ResultStore store(results_, StoreMode::read);
    const std::string text = export_format_ == "json" ? export_json(store) : export_csv(store);
    if (export_out_.empty()) {
      fmt::print("{}", text);
    } else {
      write_file(export_out_, text);
    }
    return ExitCode::ok;
  }

  CLI::App& export_;
  std::string study_;
  std::string out_;
  std::optional<std::size_t> workers_;
  std::string shard_;
  bool plan_only_ = false;
  bool quiet_ = false;
  std::string on_ = "local";
  SlurmParams slurm_;
  std::string data_dir_;
  std::string results_;
  std::string export_format_ = "csv";
  std::string export_out_;
};

}  // namespace

std::unique_ptr<Command> make_sweep_command(CLI::App& parser) {
  return std::make_unique<SweepCommand>(parser);
}

}  // namespace cleave

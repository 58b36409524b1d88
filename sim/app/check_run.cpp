#include "sim/app/check_run.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <thread>

#include "sim/app/data_dir.h"
#include "sim/app/interrupt_twice.h"
#include "sim/app/simulate.h"
#include "sim/app/study_progress.h"
#include "sim/app/terminal.h"
#include "sim/report/output_file.h"
#include "sim/study/check/baseline.h"
#include "sim/study/check/render.h"
#include "sim/study/check/run_side.h"
#include "sim/study/sweep/program_identity.h"

namespace cleave {
namespace {

std::string side_name(const SideParams& side, const char* otherwise) {
  if (!side.name.empty()) return side.name;
  if (!side.baseline.empty()) return side.baseline;
  return side.program.empty() ? otherwise : side.program;
}

ExitCode code_of(Verdict verdict) {
  if (verdict == Verdict::worse) return ExitCode::gate_failed;
  return verdict == Verdict::inconclusive ? ExitCode::inconclusive : ExitCode::ok;
}

class SideRunner {
 public:
  SideRunner(const CheckParams& check, const CheckFlags& flags)
      : check_(check), flags_(flags), catalogue_(Catalogue::load(catalogue_folder())), progress_(flags.quiet) {
    options_.workers = flags.workers.value_or(std::max(1U, std::thread::hardware_concurrency()));
    options_.data_dir = load_options(flags.data_dir).data_dir;
    options_.stop = [] { return std::min(2, 2 * interrupts()); };  // half a comparison is none
    options_.tick = [this](std::size_t done, std::size_t all) { progress_.update({all, 0, done, 0}); };
  }

  std::vector<SideRuns> run(const SideParams& side, const std::vector<std::string>& scenarios) {
    if (!side.baseline.empty()) return read_baseline(check_, side.baseline);
    return run_side(check_, side, scenarios, catalogue_, simulate_points(), options_);
  }

 private:
  const CheckParams& check_;
  const CheckFlags& flags_;
  Catalogue catalogue_;
  StudyProgress progress_;
  SideOptions options_;
};

void tell(const CheckResult& result, const CheckFlags& flags, const std::string& file) {
  if (!flags.markdown.empty()) write_file(flags.markdown, check_markdown(result));
  if (!flags.junit.empty()) write_file(flags.junit, check_junit(result));
  if (!flags.json.empty()) write_file(flags.json, check_json(result));
  fmt::print("{}", flags.format == OutputFormat::json ? check_json(result) : check_text(result, takes_colour(stdout)));
  if (flags.annotate) fmt::print("{}", check_annotations(result, file));
}

}  // namespace

void add_check_flags(CLI::App& parser, CheckFlags& flags) {
  parser.add_option("--workers", flags.workers, "runs at a time; all cores when left out")
      ->type_name("N")
      ->check(CLI::Range(1, 4096));
  parser.add_option("--markdown", flags.markdown, "write a summary for a pull request")->type_name("FILE");
  parser.add_option("--junit", flags.junit, "write JUnit XML")->type_name("FILE");
  parser.add_option("--json", flags.json, "write every number")->type_name("FILE");
  parser.add_flag("--annotate", flags.annotate, "print GitHub annotations for what does not pass");
  parser.add_option("--write-baseline", flags.write_baseline, "keep the head's values in a file, and compare nothing")
      ->type_name("FILE");
  parser.add_flag("--quiet", flags.quiet, "no progress");
  add_data_dir(parser, flags.data_dir);
  add_format(parser, flags.format);
}

ExitCode run_check(CheckParams check, const CheckFlags& flags, const std::string& file) {
  check.base.name = side_name(check.base, "base");
  check.head.name = side_name(check.head, "head");
  count_interrupts();
  SideRunner runner(check, flags);
  const std::vector<SideRuns> head =
      runner.run(check.head, check.head_scenarios.empty() ? check.scenarios : check.head_scenarios);
  if (interrupts() > 0) return ExitCode::interrupted;
  if (!flags.write_baseline.empty()) {
    write_file(flags.write_baseline, baseline_text(check, head, program_identity(CLEAVE_VERSION)));
    fmt::print("baseline: {}\n", flags.write_baseline);
    return ExitCode::ok;
  }
  const std::vector<SideRuns> base = runner.run(check.base, check.scenarios);
  if (interrupts() > 0) return ExitCode::interrupted;
  return tell_comparison(check, base, head, flags, file);
}

ExitCode tell_comparison(const CheckParams& check, const std::vector<SideRuns>& base, const std::vector<SideRuns>& head,
                         const CheckFlags& flags, const std::string& file) {
  const CheckResult result = compare_sides(check, base, head);
  tell(result, flags, file);
  return code_of(result.verdict);
}

}  // namespace cleave

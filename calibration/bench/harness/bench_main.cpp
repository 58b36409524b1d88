#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>

#include "calibration/bench/harness/run.h"
#include "models/units/error.h"

namespace cleave::bench {
namespace {

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

int check(const std::vector<Probe>& probes, const std::vector<std::string>& only) {
  bool passed = true;
  for (const Probe* probe : select_probes(probes, only)) {
    if (!probe->check) continue;
    for (const CheckResult& result : probe->check()) {
      passed &= result.passed();
      fmt::print("{} {:<20} {}: error {:.3g}, tolerance {:.3g}\n", result.passed() ? "ok  " : "FAIL", probe->spec.name,
                 result.what, result.error, result.tolerance);
    }
  }
  return passed ? 0 : 1;
}

int measure(const Suite& suite, const RunOptions& options) {
  std::vector<const ProbeSpec*> specs;
  for (const Probe* probe : select_probes(suite.probes, options.only)) specs.push_back(&probe->spec);
  const auto [environment, state] = suite.open();
  std::filesystem::create_directories(options.folder);
  write_meta(options.folder, environment, state, specs);
  const RunResult result = run_probes(suite.probes, options, wall_seconds);
  fmt::print(stderr, "{} measured, {} skipped, {} from before, {} left\n", result.measured, result.skipped,
             result.resumed, result.left);
  return result.left == 0 ? 0 : 3;
}

}  // namespace

int bench_main(int argc, char** argv, Suite suite) {
  CLI::App app(suite.summary, suite.name);
  RunOptions options;
  bool list = false;
  bool only_check = false;
  std::string folder;
  app.add_flag("--list", list, "Name the probes and stop; needs no device");
  app.add_flag("--check", only_check, "Compare our own kernels with references and stop");
  app.add_option("--only", options.only, "Only the probe of this name; may be repeated");
  app.add_option("--out", folder, "Folder for the CSV files and meta.json; holds earlier rows when resuming");
  app.add_option("--budget", options.budget_seconds, "Begin no point after this many seconds")
      ->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  try {
    if (list) {
      fmt::print("{}", list_probes(suite.probes));
      return 0;
    }
    if (only_check) {
      (void)suite.open();
      return check(suite.probes, options.only);
    }
    if (folder.empty()) throw ConfigError("--out: name the folder for the results");
    options.folder = folder;
    return measure(suite, options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", suite.name, error.what());
    return 2;
  }
}

}  // namespace cleave::bench

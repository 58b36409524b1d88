#include "sim/app/verify_engines.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "models/units/error.h"
#include "sim/app/data_dir.h"
#include "sim/app/interrupt.h"
#include "sim/app/terminal.h"
#include "sim/validation/validation.h"

namespace cleave {
namespace {

namespace fs = std::filesystem;

fs::path data_folder(const std::string& given) {
  (void)load_options(given);  // makes a given folder the environment's
  const char* folder = std::getenv("CLEAVE_DATA_DIR");
  const fs::path path = folder != nullptr ? folder : CLEAVE_DEFAULT_DATA_DIR;
  if (!fs::is_directory(path)) {
    throw ConfigError(fmt::format("--data: {}: is no folder, expected the one with measured runs", path.string()));
  }
  return path;
}

void write_page(const std::string& file, const ValidationReport& report) {
  std::ofstream out(file, std::ios::binary);
  out << validation_markdown(report);
  if (!out.flush()) throw ConfigError(file + ": cannot be written");
}

}  // namespace

std::optional<std::string> measured_runs_meant(const std::string& only) {
  if (only == kEnginesOnly) return "";
  if (only.starts_with(std::string(kEnginesOnly) + "/")) return only.substr(kEnginesOnly.size() + 1);
  return std::nullopt;
}

ExitCode verify_engines(const VerifyEnginesOptions& options) {
  catch_interrupts();
  const Catalogue catalogue = Catalogue::load(catalogue_folder());
  ValidationOptions validation;
  validation.data = data_folder(options.data_dir);
  validation.only = options.runs;
  validation.at_once = std::max(1U, std::thread::hardware_concurrency());
  validation.stop = [] { return interrupted(); };
  const bool watched = is_terminal(stderr);
  validation.progress = [watched](std::size_t done, std::size_t of) {
    if (watched) fmt::print(stderr, "\r{} of {} runs{}", done, of, done == of ? "\n" : "");
  };
  const ValidationReport report = validate_engines(catalogue, validation);
  if (options.format == OutputFormat::json) {
    fmt::print("{}\n", to_json(report).dump(1));
  } else {
    fmt::print("{}", validation_text(report));
  }
  if (!options.page.empty()) write_page(options.page, report);
  if (!report.complete) return ExitCode::interrupted;
  if (report.compared() == 0) return ExitCode::inconclusive;
  return report.missed_targets() > 0 ? ExitCode::gate_failed : ExitCode::ok;
}

}  // namespace cleave

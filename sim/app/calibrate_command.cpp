#include "sim/app/calibrate_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "calibration/fit/report/coefficients.h"
#include "calibration/fit/report/plot.h"
#include "calibration/fit/report/results_json.h"
#include "calibration/fit/report/results_table.h"
#include "calibration/fit/report/results_text.h"
#include "calibration/fit/run.h"
#include "models/units/error.h"
#include "sim/app/commands.h"

namespace cleave {
namespace {

fit::Known known_of(const Catalogue& catalogue, const std::string& step_device) {
  fit::Known known;
  for (const std::string_view name : catalogue.names(CatalogueKind::hardware)) {
    known.devices.emplace(name, &catalogue.device(name));
  }
  for (const std::string_view name : catalogue.names(CatalogueKind::llm)) {
    known.models.emplace(name, &catalogue.llm(name));
  }
  known.step_device = &catalogue.device(step_device);
  known.hardware = catalogue_folder() / "hardware";
  return known;
}

void print(const fit::RunResult& result, const CalibrateParams& params, std::ostream& out) {
  if (params.format == OutputFormat::json) {
    out << fit::results_json(result) << '\n';
  } else {
    out << fit::results_text(result, params.details);
  }
  if (!params.table.empty()) {
    std::ofstream page(params.table);
    page << fit::results_table(result);
    page.close();
    if (!page) throw std::system_error(errno, std::generic_category(), params.table);
  }
  if (!params.plot.empty()) fit::write_plots(result.regions, params.plot);
}

void print_written(const std::vector<std::filesystem::path>& files, OutputFormat format, std::ostream& out) {
  if (format == OutputFormat::json) {
    nlohmann::ordered_json json = {{"written", nlohmann::ordered_json::array()}};
    for (const auto& file : files) json["written"].push_back(file.string());
    out << json.dump(2) << '\n';
    return;
  }
  for (const auto& file : files) out << file.string() << '\n';
}

/// --data, else ${CLEAVE_DATA_DIR}, else the folder known when this was built.
std::string data_folder(const std::string& given) {
  if (!given.empty()) return given;
  const char* named = std::getenv("CLEAVE_DATA_DIR");
  return named != nullptr && *named != '\0' ? named : CLEAVE_DEFAULT_DATA_DIR;
}

class CalibrateCommand final : public Command {
 public:
  explicit CalibrateCommand(CLI::App& parser) {
    auto* evaluate = parser.add_flag("--evaluate", params_.evaluate, "hold out regions of the measured tables in turn");
    parser.add_option("--data", params_.data, "measured tables for --evaluate")->type_name("DIR")->needs(evaluate);
    auto* fit = parser.add_option("--fit", params_.fit, "tables to fit")->type_name("DIR")->excludes(evaluate);
    parser.add_option("--test", params_.test, "tables to compare with")->type_name("DIR")->needs(fit);
    auto* write =
        parser.add_option("--write", params_.write, "write coefficient files of --fit into this catalogue folder")
            ->type_name("DIR")
            ->needs(fit);
    parser.add_option("--source", params_.source, "who measured the tables, for the coefficient files")->needs(write);
    parser.add_option("--only", params_.only, "families, by name")
        ->type_name("FAMILY")
        ->check(CLI::IsMember(fit::family_names()));
    parser.add_option("--rows", params_.rows, "held-out rows compared of one region and device, at most")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    parser.add_option("--table", params_.table, "write the errors as a page of documentation")->type_name("FILE");
    parser.add_option("--plot", params_.plot, "draw predicted against measured times: index.html and SVG files")
        ->type_name("DIR");
    parser.add_option("--step-device", params_.step_device, "accelerator of the tables of engine steps")
        ->capture_default_str();
    parser.add_flag("--details", params_.details, "a line for each device");
    add_format(parser, params_.format);
  }

  ExitCode run() override { return calibrate_command(params_, Catalogue::load(catalogue_folder()), std::cout); }

 private:
  CalibrateParams params_;
};

}  // namespace

ExitCode calibrate_command(const CalibrateParams& params, const Catalogue& catalogue, std::ostream& out) {
  const fit::Known known = known_of(catalogue, params.step_device);
  const fit::RunOptions options{params.only, params.rows};
  if (params.evaluate) {
    print(fit::evaluate_folder(data_folder(params.data), known, options), params, out);
    return ExitCode::ok;
  }
  if (params.fit.empty() || params.test.empty() == params.write.empty()) {
    throw ConfigError("calibrate: expected --evaluate, or --fit DIR with either --test DIR or --write DIR");
  }
  if (!params.test.empty()) {
    print(fit::evaluate_folders(params.fit, params.test, known, options), params, out);
    return ExitCode::ok;
  }
  auto files = fit::write_coefficients(fit::fit_folder(params.fit, known, options), params.source, params.write);
  if (const auto steps = fit::fit_step_folder(params.fit, known, options)) {
    files.push_back(fit::write_steps(*steps, params.source, params.write));
  }
  if (files.empty()) throw ConfigError(params.fit + ": no table that can be fitted");
  print_written(files, params.format, out);
  return ExitCode::ok;
}

std::unique_ptr<Command> make_calibrate_command(CLI::App& parser) {
  return std::make_unique<CalibrateCommand>(parser);
}

}  // namespace cleave

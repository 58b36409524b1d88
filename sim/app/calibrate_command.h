#pragma once
// `cleave calibrate`, apart from its flags.

#include <iosfwd>
#include <string>
#include <vector>

#include "sim/app/command.h"
#include "sim/scenario/catalogue.h"

namespace cleave {

/// Either `evaluate` (one folder, regions held out in turn) or `fit` (and `test`, or `write`).
struct CalibrateParams {
  bool evaluate = false;
  std::string data;  // folder of measured tables for `evaluate`
  std::string fit;
  std::string test;
  std::vector<std::string> only;      // families; empty: all
  std::size_t rows = 2000;            // compared of one region and device
  std::string table;                  // page of documentation to write; empty: none
  std::string plot;                   // page to write; empty: none
  std::string write;                  // catalogue folder to write coefficient files into; empty: none
  std::string source = "not stated";  // who measured, for coefficient files
  std::string step_device = "b300-sxm";
  bool details = false;  // text: a line for each device
  OutputFormat format = OutputFormat::text;
};

/// Does it; results go to `out`. Errors: ConfigError for folders, tables and names that are wrong.
ExitCode calibrate_command(const CalibrateParams& params, const Catalogue& catalogue, std::ostream& out);

}  // namespace cleave

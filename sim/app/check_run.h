#pragma once
// What `compare` and `check` share: both sides are run, compared, and told in every form that was asked for.

#include <optional>
#include <string>

#include "sim/app/command.h"
#include "sim/study/check/check.h"

namespace CLI {
class App;
}

namespace cleave {

struct CheckFlags {
  std::optional<std::size_t> workers;
  std::string data_dir;
  std::string markdown;  // files to write
  std::string junit;
  std::string json;
  bool annotate = false;  // GitHub annotations on standard output
  bool quiet = false;
  std::string write_baseline;  // keeps the head's values and compares nothing
  OutputFormat format = OutputFormat::text;
};

void add_check_flags(CLI::App& parser, CheckFlags& flags);

/// `file` is named by annotations. Result: ok, gate_failed (worse), inconclusive, or interrupted.
ExitCode run_check(CheckParams check, const CheckFlags& flags, const std::string& file);

/// The second half of it, for runs that exist already.
ExitCode tell_comparison(const CheckParams& check, const std::vector<SideRuns>& base, const std::vector<SideRuns>& head,
                         const CheckFlags& flags, const std::string& file);

}  // namespace cleave

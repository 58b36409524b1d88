#pragma once
// `cleave trace stats|validate|convert FILE`, apart from its flags.

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>

#include "models/units/units.h"
#include "sim/app/command.h"
#include "sim/workload/params.h"

namespace cleave {

enum class TraceAction : std::uint8_t { stats, validate, convert };

struct TraceCommandParams {
  TraceAction action = TraceAction::stats;
  std::string file;
  std::optional<TraceFormat> format;  // none: told by the first line
  SessionLinkage linkage = SessionLinkage::none;
  OutputFormat output_format = OutputFormat::text;
  std::optional<Tokens> block_size;      // stats: full blocks of this size instead of the trace's own
  std::size_t problem_limit = 20;        // validate: stops after so many
  TraceFormat to = TraceFormat::cleave;  // convert: cleave or mooncake
  std::string output;                    // convert: file to write; compressed when it ends in .gz
  bool force = false;                    // convert: may overwrite
};

/// Does it; results go to `out`, a validation's problems in text to `err`.
/// Result: ok, or invalid_input when validation found a problem.
/// Errors: ConfigError from stats and convert, when the trace is malformed or the target cannot be written.
ExitCode trace_command(const TraceCommandParams& params, std::ostream& out, std::ostream& err);

}  // namespace cleave

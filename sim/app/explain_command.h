#pragma once
// `cleave explain step`, apart from its flags.

#include <iosfwd>
#include <string>

#include "sim/app/command.h"
#include "sim/scenario/catalogue.h"
#include "sim/scenario/scenario.h"

namespace cleave {

struct ExplainParams {
  PoolParams pool;  // model, hardware, formats, layout, cost model
  std::string batch;
  std::int64_t draft_tokens = 0;
  bool scheduled_ahead = false;
  OutputFormat format = OutputFormat::text;
};

/// Prints a step's operations, their times and what prices rest on. Errors: ConfigError for names, layouts and batches
/// that are wrong.
ExitCode explain_command(const ExplainParams& params, const Catalogue& catalogue, std::ostream& out);

}  // namespace cleave

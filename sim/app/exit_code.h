#pragma once

namespace cleave {

/// What the program says to its caller. The README lists these.
enum class ExitCode : int {
  ok = 0,
  runtime_error = 1,     // an unexpected failure of this program or machine
  invalid_input = 2,     // a scenario, data file or flag
  out_of_resources = 3,  // memory or disk
  gate_failed = 4,       // a check's value is outside its tolerance
  inconclusive = 5,      // no check could run
  interrupted = 130,     // SIGINT; what was finished is written
};

}  // namespace cleave

#pragma once
// The command line as a whole: parse, explain what is wrong with it, run the chosen command.

#include "sim/app/exit_code.h"

namespace cleave {

/// Runs one command line.
/// Errors: bad arguments are explained on stderr and end with `invalid_input`; a command's exceptions pass through.
ExitCode run_program(int argc, const char* const* argv);

}  // namespace cleave

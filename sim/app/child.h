#pragma once
// One simulation is one process. Commands that run several fork a child for each, and read its answer from a pipe.

#include <functional>
#include <string>

#include "sim/app/exit_code.h"

namespace cleave {

/// What a child handed back: its answer if `code` is ok, else the reason.
struct ChildResult {
  ExitCode code = ExitCode::ok;
  std::string text;
};

/// Runs `work` in a forked child and waits for it. A child that dies of a signal is a `runtime_error`, one that dies of
/// SIGINT `interrupted`. Call it from a process that has no simulation of its own and no other thread.
/// Errors: std::system_error when the machine has no process or pipe to give.
[[nodiscard]] ChildResult run_in_child(const std::function<std::string()>& work);

}  // namespace cleave

#pragma once
// From an exception to an exit code and a message: the same answer in the program and in a forked child.

#include <string>

#include "sim/app/exit_code.h"

namespace cleave {

struct Failure {
  ExitCode code = ExitCode::runtime_error;
  std::string message;
};

/// Describes the exception being handled. Call inside a catch clause only.
[[nodiscard]] Failure current_failure();

}  // namespace cleave

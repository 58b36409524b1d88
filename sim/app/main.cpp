// The one place that catches exceptions and turns them into exit codes.

#include <cstdio>

#include "sim/app/failure.h"
#include "sim/app/program.h"

int main(int argc, char** argv) {
  cleave::ExitCode code = cleave::ExitCode::runtime_error;
  try {
    code = cleave::run_program(argc, argv);
  } catch (...) {
    const cleave::Failure failure = cleave::current_failure();
    std::fprintf(stderr, "cleave: %s\n", failure.message.c_str());
    code = failure.code;
  }
  // A full disk shows here at the latest: output that a program reads must not be cut off silently.
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::perror("cleave: standard output");
    code = cleave::ExitCode::out_of_resources;
  }
  return static_cast<int>(code);
}

#pragma once
// A sweep as a job array of a Slurm cluster, and a merge job that depends on it.

#include <cstddef>
#include <string>
#include <vector>

#include "sim/app/exit_code.h"

namespace cleave {

struct SlurmParams {
  std::size_t tasks = 8;
  std::vector<std::string> arguments;  // of sbatch, such as --partition=short
};

struct SlurmSweep {
  std::string study;
  std::string data_dir;  // empty: the environment's
  std::string results;   // on a disk that all nodes see
  bool quiet = false;
  std::size_t runs = 0;
};

/// Writes the two job scripts beside the results file, submits the array and the merge, follows them until the merge
/// has ended, and says what came of it. When interrupted it leaves the jobs alone; the same command started again
/// submits only what is left, as every task resumes its own file.
/// Errors: ConfigError when sbatch is not there or refuses.
ExitCode sweep_on_slurm(const SlurmParams& params, const SlurmSweep& sweep);

}  // namespace cleave

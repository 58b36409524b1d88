#pragma once
// A pool of processes. Each job is one forked child, which hands one text back by a pipe; only the parent goes on.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace cleave {

enum class JobStatus : std::uint8_t {
  done,     // `text` is the work's answer
  invalid,  // the work threw ConfigError: `text` is its message
  failed,   // the work threw something else: `text` is its message
  killed,   // the child ended without an answer: `text` says how
};

struct JobResult {
  JobStatus status = JobStatus::killed;
  std::string text;
  double seconds = 0;  // wall clock; for progress only
};

struct PoolOptions {
  std::size_t workers = 1;  // children at a time, at least 1
  int attempts = 3;         // a job whose child is killed is started again, so often in all
  /// Once, in the process that forks the children: what they have in common. Empty for nothing. Errors: none.
  std::function<void()> prepare = {};
};

/// What the parent does meanwhile. All run in the parent.
struct PoolCallbacks {
  std::function<void(std::size_t job, JobResult)> finished;  // in the order in which children end
  std::function<int()> stop;                                 // 0: go on; 1: start no more; 2: drop what runs
  std::function<void(std::size_t running)> tick;             // a few times a second
};

/// Runs jobs 0 ... count - 1, each once. Call it from a process without threads and without a simulation of its own;
/// children share its memory as it is now, by a process between (Spawner). They die with the parent.
/// Result: jobs that were not started or were dropped, ascending. A spawner that is killed is replaced. Where the
/// machine has no process or pipe to give, running children end first, and it is asked again for some seconds. Errors:
/// std::system_error when it still has none; std::runtime_error when spawners are killed again and again.
std::vector<std::size_t> run_jobs(std::size_t count, const std::function<std::string(std::size_t job)>& work,
                                  const PoolOptions& options, const PoolCallbacks& callbacks);

}  // namespace cleave

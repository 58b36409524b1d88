#pragma once
// Many runs, one process each, as many at a time as there are cores.

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace cleave {

/// What a task handed back: its text, or why it has none.
struct TaskResult {
  bool ok = false;
  std::string text;
};

/// Calls `work(i)` for i in [0, tasks) in forked children, `at_once` at a time, in that order. `done(i, result)` is
/// called here as each ends; results are independent of `at_once`. Stops starting children once `stop()` is true and
/// then returns false. Call it from a process that has no simulation of its own and no other thread.
/// Errors: std::system_error when the machine has no process or pipe to give. What a child throws is its result.
bool run_in_processes(std::size_t tasks, std::size_t at_once, const std::function<std::string(std::size_t)>& work,
                      const std::function<void(std::size_t, TaskResult)>& done, const std::function<bool()>& stop);

}  // namespace cleave

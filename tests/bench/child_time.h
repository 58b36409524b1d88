#pragma once

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

namespace cleave {

struct ChildUsage {
  double cpu_seconds = 0;
  double peak_mib = 0;
};

/// Runs `work` in a child process and returns what the system charged it.
/// Errors: std::runtime_error when the child does not end well.
template <class Work>
ChildUsage child_usage(Work work) {
  const pid_t child = fork();
  if (child == 0) {
    work();
    _exit(0);
  }
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw std::runtime_error("a benchmark's child failed");
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return {seconds(usage.ru_utime) + seconds(usage.ru_stime), static_cast<double>(usage.ru_maxrss) / 1024.0};
}

template <class Work>
double child_cpu_seconds(Work work) {
  return child_usage(work).cpu_seconds;
}

}  // namespace cleave

#include "sim/app/child.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <system_error>

#include "sim/app/failure.h"

namespace cleave {
namespace {

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void write_all(int fd, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t wrote = ::write(fd, text.data() + done, text.size() - done);
    if (wrote < 0 && errno != EINTR) return;  // the parent is gone: nobody is left to tell
    if (wrote > 0) done += static_cast<std::size_t>(wrote);
  }
}

std::string read_all(int fd) {
  std::string text;
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_errno("reading from a child");
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

/// The child's own main.
[[noreturn]] void work_and_exit(int fd, const std::function<std::string()>& work) {
  ExitCode code = ExitCode::ok;
  std::string text;
  try {
    text = work();
  } catch (...) {
    const Failure failure = current_failure();
    code = failure.code;
    text = failure.message;
  }
  write_all(fd, text);
  std::fflush(nullptr);
  ::_exit(static_cast<int>(code));
}

ExitCode code_of(int status, std::string& text) {
  if (WIFEXITED(status)) return static_cast<ExitCode>(WEXITSTATUS(status));
  const int signal = WTERMSIG(status);
  text = fmt::format("the run died of signal {}", signal);
  return signal == SIGINT ? ExitCode::interrupted : ExitCode::runtime_error;
}

}  // namespace

ChildResult run_in_child(const std::function<std::string()>& work) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) throw_errno("pipe");
  std::fflush(nullptr);  // else the child would print the parent's buffered output again
  const pid_t child = ::fork();
  if (child < 0) throw_errno("fork");
  if (child == 0) {
    ::close(ends[0]);
    work_and_exit(ends[1], work);
  }
  ::close(ends[1]);
  ChildResult result;
  result.text = read_all(ends[0]);
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw_errno("waitpid");
  }
  result.code = code_of(status, result.text);
  return result;
}

}  // namespace cleave

#include "sim/validation/process_pool.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <system_error>

namespace cleave {
namespace {

struct Child {
  std::size_t task = 0;
  pid_t pid = 0;
  int fd = -1;
  std::string text;
};

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

[[noreturn]] void work_and_exit(int fd, std::size_t task, const std::function<std::string(std::size_t)>& work) {
  int code = 0;
  std::string text;
  try {
    text = work(task);
  } catch (const std::exception& error) {
    code = 1;
    text = error.what();
  }
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t wrote = ::write(fd, text.data() + done, text.size() - done);
    if (wrote < 0 && errno != EINTR) break;
    if (wrote > 0) done += static_cast<std::size_t>(wrote);
  }
  std::fflush(nullptr);
  ::_exit(code);
}

Child start(std::size_t task, const std::function<std::string(std::size_t)>& work) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) throw_errno("pipe");
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) throw_errno("fork");
  if (pid == 0) {
    ::close(ends[0]);
    work_and_exit(ends[1], task, work);
  }
  ::close(ends[1]);
  return {task, pid, ends[0], {}};
}

TaskResult reap(Child& child) {
  ::close(child.fd);
  int status = 0;
  while (::waitpid(child.pid, &status, 0) < 0) {
    if (errno != EINTR) throw_errno("waitpid");
  }
  if (WIFSIGNALED(status)) return {false, fmt::format("the run died of signal {}", WTERMSIG(status))};
  return {WEXITSTATUS(status) == 0, std::move(child.text)};
}

/// Reads what the child has to say. Returns whether it has said everything.
bool read_some(Child& child) {
  std::array<char, 65536> buffer;
  const ssize_t got = ::read(child.fd, buffer.data(), buffer.size());
  if (got < 0 && errno == EINTR) return false;
  if (got < 0) throw_errno("reading from a child");
  child.text.append(buffer.data(), static_cast<std::size_t>(got));
  return got == 0;
}

}  // namespace

bool run_in_processes(std::size_t tasks, std::size_t at_once, const std::function<std::string(std::size_t)>& work,
                      const std::function<void(std::size_t, TaskResult)>& done, const std::function<bool()>& stop) {
  std::vector<Child> running;
  std::size_t next = 0;
  bool stopped = false;
  while (!running.empty() || (next < tasks && !stopped)) {
    stopped = stopped || stop();
    while (!stopped && next < tasks && running.size() < at_once) running.push_back(start(next++, work));
    if (running.empty()) break;
    std::vector<pollfd> waits;
    for (const Child& child : running) waits.push_back({child.fd, POLLIN, 0});
    if (::poll(waits.data(), waits.size(), -1) < 0 && errno != EINTR) throw_errno("poll");
    for (std::size_t i = waits.size(); i-- > 0;) {
      if (waits[i].revents == 0 || !read_some(running[i])) continue;
      TaskResult result = reap(running[i]);
      const std::size_t task = running[i].task;
      running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
      done(task, std::move(result));
    }
  }
  return !stopped;
}

}  // namespace cleave

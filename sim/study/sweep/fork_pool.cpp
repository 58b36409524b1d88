#include "sim/study/sweep/fork_pool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <deque>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "models/units/error.h"
#include "sim/study/sweep/nursery.h"
#include "sim/study/sweep/spawner.h"

namespace cleave {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kTickMilliseconds = 200;
// Spawners that are killed before they start one run, until someone is taken to be after them.
constexpr int kSpawnersInARow = 100;
// Ticks without a child and without a process or pipe for one, until the machine is taken to have none to give.
constexpr int kRefusalsInARow = 10;
// The last byte of a child's answer: which kind it is. An answer without it is incomplete.
constexpr char kDone = 'D';
constexpr char kInvalid = 'I';
constexpr char kFailed = 'F';

struct Child {
  pid_t pid = 0;
  int fd = -1;
  std::size_t job = 0;
  int attempt = 1;
  std::string text;
  Clock::time_point started = Clock::now();
};

void write_all(int fd, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t wrote = ::write(fd, text.data() + done, text.size() - done);
    if (wrote < 0 && errno != EINTR) return;  // the parent is gone
    if (wrote > 0) done += static_cast<std::size_t>(wrote);
  }
}

/// A child's own main.
[[noreturn]] void work_and_exit(int fd, pid_t parent, std::size_t job,
                                const std::function<std::string(std::size_t)>& work) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);  // it died before the line above
  move_into_nursery();
  std::string answer;
  try {
    answer = work(job) + kDone;
  } catch (const ConfigError& error) {
    answer = std::string(error.what()) + kInvalid;
  } catch (const std::exception& error) {
    answer = std::string(error.what()) + kFailed;
  } catch (...) {
    answer = std::string("unknown failure") + kFailed;
  }
  write_all(fd, answer);
  std::fflush(nullptr);
  ::_exit(0);
}

std::string death_of(int status) {
  if (WIFSIGNALED(status)) return fmt::format("the run died of signal {}", WTERMSIG(status));
  return fmt::format("the run ended with code {} and no answer", WEXITSTATUS(status));
}

JobResult result_of(std::string text, int status) {
  if (text.empty() || !WIFEXITED(status) || WEXITSTATUS(status) != 0) return {JobStatus::killed, death_of(status)};
  const char kind = text.back();
  text.pop_back();
  if (kind == kDone) return {JobStatus::done, std::move(text)};
  if (kind == kInvalid) return {JobStatus::invalid, std::move(text)};
  if (kind == kFailed) return {JobStatus::failed, std::move(text)};
  return {JobStatus::killed, death_of(status)};
}

class Pool {
 public:
  Pool(std::size_t count, const std::function<std::string(std::size_t)>& work, const PoolOptions& options,
       const PoolCallbacks& callbacks)
      : count_(count),
        options_(options),
        callbacks_(callbacks),
        main_([&work, parent = ::getpid()](auto job, int fd) { work_and_exit(fd, parent, job, work); }) {}

  ~Pool() { drop_running(); }  // after an error in a callback

  std::vector<std::size_t> run() {
    std::vector<std::size_t> left;
    for (;;) {
      const int stop = callbacks_.stop ? callbacks_.stop() : 0;
      if (stop >= 2) {
        for (const Child& child : running_) left.push_back(child.job);
        drop_running();
      }
      if (stop == 0) start_what_fits();
      // Before the wait, so that what the caller writes to disk is written while the next children run.
      if (callbacks_.tick) callbacks_.tick(running_.size());
      if (running_.empty() && (stop != 0 || !more())) break;
      wait_a_while();
    }
    for (const auto& [job, attempt] : again_) left.push_back(job);
    for (; next_ < count_; ++next_) left.push_back(next_);
    std::sort(left.begin(), left.end());
    return left;
  }

 private:
  [[nodiscard]] bool more() const { return next_ < count_ || !again_.empty(); }

  void start_what_fits() {
    while (running_.size() < std::max<std::size_t>(1, options_.workers) && more()) {
      const auto [job, attempt] = again_.empty() ? std::pair{next_, 1} : again_.front();
      if (!start(job, attempt)) return;
      if (again_.empty()) {
        ++next_;
      } else {
        again_.pop_front();
      }
    }
  }

  /// Result: false when the machine refuses for now.
  bool start(std::size_t job, int attempt) {
    for (int again = kSpawnersInARow; again > 0; --again) {
      if (!spawner_ && !make_spawner()) return false;
      std::array<int, 2> ends{};
      if (::pipe2(ends.data(), O_CLOEXEC) != 0) return refused(errno, "no pipe for a run");
      const pid_t pid = spawner_->spawn(job, ends[1]);
      const int error = errno;
      ::close(ends[1]);
      if (pid > 0) {
        running_.push_back({pid, ends[0], job, attempt, {}, Clock::now()});
        refusals_ = 0;
        return true;
      }
      ::close(ends[0]);
      if (pid == 0) return refused(error, "no process for a run");
      spawner_.reset();  // someone killed it
    }
    throw std::runtime_error("the process that starts runs is killed again and again");
  }

  /// Result: false when the machine refuses for now.
  bool make_spawner() {
    try {
      spawner_.emplace(options_.prepare, main_);
      return true;
    } catch (const std::system_error& error) {
      return refused(error.code().value(), "no process that starts runs");
    }
  }

  /// Result: false. Children that end may free what is missing, so only refusals without any are counted.
  bool refused(int error, const char* what) {
    if (running_.empty() && ++refusals_ > kRefusalsInARow) {
      throw std::system_error(error, std::generic_category(), what);
    }
    return false;
  }

  void wait_a_while() {
    std::vector<pollfd> polled;
    for (const Child& child : running_) polled.push_back({child.fd, POLLIN, 0});
    if (::poll(polled.data(), polled.size(), kTickMilliseconds) <= 0) return;
    for (std::size_t i = polled.size(); i-- > 0;) {
      if (polled[i].revents != 0) read_some(i);
    }
  }

  void read_some(std::size_t index) {
    std::array<char, 65536> buffer;
    const ssize_t got = ::read(running_[index].fd, buffer.data(), buffer.size());
    if (got > 0) running_[index].text.append(buffer.data(), static_cast<std::size_t>(got));
    if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) finish(index);
  }

  void finish(std::size_t index) {
    Child child = std::move(running_[index]);
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(index));
    const int status = reap(child);
    JobResult result = result_of(std::move(child.text), status);
    if (result.status == JobStatus::killed && child.attempt < options_.attempts) {
      again_.emplace_back(child.job, child.attempt + 1);
      return;
    }
    result.seconds = std::chrono::duration<double>(Clock::now() - child.started).count();
    callbacks_.finished(child.job, std::move(result));
  }

  static int reap(const Child& child) {
    ::close(child.fd);
    int status = 0;
    while (::waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
  }

  void drop_running() {
    for (const Child& child : running_) {
      ::kill(child.pid, SIGKILL);
      (void)reap(child);
    }
    running_.clear();
  }

  std::size_t count_;
  const PoolOptions& options_;
  const PoolCallbacks& callbacks_;
  Spawner::Main main_;
  std::optional<Spawner> spawner_;  // none: not made yet, or killed
  int refusals_ = 0;
  std::size_t next_ = 0;
  std::deque<std::pair<std::size_t, int>> again_;  // jobs whose child was killed, and the attempt to make
  std::vector<Child> running_;
};

}  // namespace

std::vector<std::size_t> run_jobs(std::size_t count, const std::function<std::string(std::size_t job)>& work,
                                  const PoolOptions& options, const PoolCallbacks& callbacks) {
  return Pool(count, work, options, callbacks).run();
}

}  // namespace cleave

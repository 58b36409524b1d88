// The pool of processes.

#include "sim/study/sweep/fork_pool.h"

#include <dlfcn.h>
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <system_error>

#include "models/units/error.h"

namespace {

int g_forks_refused = 0;  // so many of the next ones

}  // namespace

/// Stands before the C library's: a machine that has no process to give. Limits of users do not hold for root.
extern "C" pid_t fork() {
  static const auto real = reinterpret_cast<pid_t (*)()>(::dlsym(RTLD_NEXT, "fork"));
  if (g_forks_refused == 0) return real();
  --g_forks_refused;
  errno = EAGAIN;
  return -1;
}

namespace cleave {
namespace {

struct Answers {
  std::map<std::size_t, JobResult> by_job;
  std::vector<std::size_t> left;
  std::string error;
};

Answers run(std::size_t count, const std::function<std::string(std::size_t)>& work, PoolOptions options = {3, 3},
            std::function<int()> stop = {}) {
  Answers answers;
  PoolCallbacks callbacks;
  callbacks.finished = [&](std::size_t job, JobResult result) {
    CHECK(answers.by_job.emplace(job, std::move(result)).second);
  };
  callbacks.stop = std::move(stop);
  answers.left = run_jobs(count, work, options, callbacks);
  return answers;
}

TEST_CASE("every job runs once, in a process of its own, and its answer arrives whole") {
  const pid_t parent = ::getpid();
  const Answers answers = run(20, [&](std::size_t job) {
    if (::getpid() == parent) return std::string("in the parent");
    return std::string(100'000, static_cast<char>('a' + job));  // more than a pipe holds
  });
  REQUIRE(answers.by_job.size() == 20);
  CHECK(answers.left.empty());
  for (const auto& [job, result] : answers.by_job) {
    CHECK(result.status == JobStatus::done);
    CHECK(result.text == std::string(100'000, static_cast<char>('a' + job)));
  }
}

TEST_CASE("bad input and failures are told apart, and the others go on") {
  const Answers answers = run(4, [](std::size_t job) -> std::string {
    if (job == 1) throw ConfigError("bad input");
    if (job == 2) throw std::runtime_error("broken");
    return "fine";
  });
  CHECK(answers.by_job.at(0).status == JobStatus::done);
  CHECK(answers.by_job.at(1).status == JobStatus::invalid);
  CHECK(answers.by_job.at(1).text == "bad input");
  CHECK(answers.by_job.at(2).status == JobStatus::failed);
  CHECK(answers.by_job.at(2).text == "broken");
  CHECK(answers.by_job.at(3).status == JobStatus::done);
}

TEST_CASE("a job whose process is killed is started again, and given up after its attempts") {
  const auto folder = std::filesystem::temp_directory_path() / ("cleave-pool-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const Answers answers = run(2, [&](std::size_t job) -> std::string {
    const auto mark = folder / std::to_string(job);
    if (job == 1 || !std::filesystem::exists(mark)) {
      std::ofstream{mark};
      ::kill(::getpid(), SIGKILL);
    }
    return "second time";
  });
  std::filesystem::remove_all(folder);
  CHECK(answers.by_job.at(0).status == JobStatus::done);
  CHECK(answers.by_job.at(0).text == "second time");
  CHECK(answers.by_job.at(1).status == JobStatus::killed);
  CHECK_THAT(answers.by_job.at(1).text, Catch::Contains("signal 9"));
}

TEST_CASE("whatever is killed, the process that forks the others too, every job is done") {
  int kills = 0;
  Answers answers;
  PoolCallbacks callbacks;
  callbacks.finished = [&](std::size_t job, JobResult result) { answers.by_job.emplace(job, std::move(result)); };
  callbacks.tick = [&](std::size_t) {
    if (kills >= 3) return;
    std::ifstream children("/proc/self/task/" + std::to_string(::getpid()) + "/children");
    for (pid_t child = 0; children >> child;) ::kill(child, SIGKILL);
    ++kills;
  };
  CHECK(run_jobs(
            8, [](std::size_t job) { return std::to_string(job); }, {2, 4}, callbacks)
            .empty());
  CHECK(kills == 3);
  REQUIRE(answers.by_job.size() == 8);
  for (const auto& [job, result] : answers.by_job) {
    CHECK(result.status == JobStatus::done);
    CHECK(result.text == std::to_string(job));
  }
}

/// Runs jobs of which two begin before the process that forks them is killed and forks are refused, `refused` times.
/// The two end later than that.
Answers run_without_spawner(int refused) {
  Answers answers;
  PoolCallbacks callbacks;
  callbacks.finished = [&](std::size_t job, JobResult result) { answers.by_job.emplace(job, std::move(result)); };
  bool killed = false;
  callbacks.tick = [&](std::size_t running) {
    if (killed) return;
    killed = true;
    REQUIRE(running == 2);
    std::ifstream children("/proc/self/task/" + std::to_string(::getpid()) + "/children");
    pid_t spawner = 0;
    children >> spawner;  // the first one made
    ::kill(spawner, SIGKILL);
    g_forks_refused = refused;
  };
  const auto work = [&](std::size_t job) {
    if (job < 2) ::usleep(500'000);
    return std::to_string(job);
  };
  const PoolOptions options{2, 1};
  try {
    answers.left = run_jobs(5, work, options, callbacks);
  } catch (const std::system_error& error) {
    answers.error = error.what();
  }
  g_forks_refused = 0;
  return answers;
}

TEST_CASE(
    "where no process that forks the others can be made for a while, those that run end, and then the rest runs") {
  const Answers answers = run_without_spawner(5);
  CHECK(answers.error.empty());
  CHECK(answers.left.empty());
  REQUIRE(answers.by_job.size() == 5);
  for (const auto& [job, result] : answers.by_job) CHECK(result.text == std::to_string(job));
}

TEST_CASE("where none can be made any more, the answers of those that run are kept before the pool fails") {
  const Answers answers = run_without_spawner(1000);
  CHECK_THAT(answers.error, Catch::Contains("no process that starts runs"));
  REQUIRE(answers.by_job.size() == 2);
  for (const auto& [job, result] : answers.by_job) CHECK(result.status == JobStatus::done);
}

TEST_CASE("what is prepared before the first child is there in each, and not in the parent") {
  int prepared = 0;
  PoolOptions options;
  options.workers = 2;
  options.prepare = [&] { ++prepared; };
  const Answers answers = run(
      5, [&](std::size_t) { return std::to_string(prepared); }, options);
  CHECK(answers.by_job.size() == 5);
  for (const auto& [job, result] : answers.by_job) CHECK(result.text == "1");
  CHECK(prepared == 0);
}

TEST_CASE("a stop lets running jobs end and names the ones that never began") {
  int asked = 0;
  const Answers answers = run(
      10, [](std::size_t) { return std::string("x"); }, {1, 3}, [&] { return ++asked > 2 ? 1 : 0; });
  CHECK(answers.by_job.size() + answers.left.size() == 10);
  CHECK(!answers.left.empty());
  CHECK(!answers.by_job.empty());
}

TEST_CASE("a second stop drops what runs") {
  int asked = 0;
  const Answers answers = run(
      3,
      [](std::size_t) {
        ::pause();
        return std::string();
      },
      {2, 3}, [&] { return ++asked > 2 ? 2 : 0; });
  CHECK(answers.by_job.empty());
  CHECK(answers.left == std::vector<std::size_t>{0, 1, 2});
}

}  // namespace
}  // namespace cleave

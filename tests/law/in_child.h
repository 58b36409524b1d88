#pragma once
// SimGrid has one engine per process: a second run of one test case takes place in a child, which hands its text back.

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>

namespace cleave {

/// Runs `work` (which returns text) in a forked child. A child that aborts or throws fails the test.
template <class Work>
std::string in_child(Work work) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    int status = 0;
    try {
      const std::string text = work();
      for (std::size_t sent = 0; sent < text.size() && status == 0;) {
        const ssize_t n = write(ends[1], text.data() + sent, text.size() - sent);
        if (n <= 0)
          status = 1;
        else
          sent += static_cast<std::size_t>(n);
      }
    } catch (const std::exception& error) {
      const std::string text = error.what();
      status = write(STDERR_FILENO, text.data(), text.size()) < 0 ? 3 : 2;
    }
    _exit(status);
  }
  close(ends[1]);
  std::string text;
  char buffer[65536];
  for (ssize_t n = 0; (n = read(ends[0], buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<std::size_t>(n));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  INFO("the child ended with status " << status);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) == 0);
  return text;
}

}  // namespace cleave

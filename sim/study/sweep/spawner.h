#pragma once
// A process that makes the children of another one.

#include <sys/types.h>

#include <cstddef>
#include <functional>

namespace cleave {

/// Forks on behalf of the process that made it, whose children they are: it waits for them, and they end with it.
/// A process that forks and goes on to write to its memory pays a page fault for each page, after every fork; the
/// spawner writes next to nothing. It holds the memory of the moment when it was made.
class Spawner {
 public:
  using Main = std::function<void(std::size_t job, int fd)>;  // a child's main: ends it itself, closes `fd` thereby

  /// `prepare`, where there is one, runs in the spawner before the first child. Errors: std::system_error when the
  /// machine refuses.
  Spawner(const std::function<void()>& prepare, const Main& main);
  Spawner(const Spawner&) = delete;
  Spawner& operator=(const Spawner&) = delete;
  ~Spawner();

  /// A child that runs `main(job, its own copy of fd)`. Result: its process; 0 when the machine has none to give for
  /// now, errno says why; negative when the spawner has been killed.
  [[nodiscard]] pid_t spawn(std::size_t job, int fd);

 private:
  [[noreturn]] void serve(const std::function<void()>& prepare, const Main& main) const noexcept;

  int socket_ = -1;
  pid_t pid_ = 0;
};

}  // namespace cleave

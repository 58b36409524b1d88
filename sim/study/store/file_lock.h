#pragma once
// One writer at a time, also when a writer was killed.

#include <filesystem>

namespace cleave {

/// A lock that the system gives back when the process ends, however it ends. Forked children do not hold it.
class FileLock {
 public:
  /// Locks `<file>.lock`, which stays. Errors: ConfigError when another process holds it; std::system_error.
  explicit FileLock(const std::filesystem::path& file);
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;

 private:
  int fd_ = -1;
};

}  // namespace cleave

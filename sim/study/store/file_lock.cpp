#include "sim/study/store/file_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "models/units/error.h"

namespace cleave {

FileLock::FileLock(const std::filesystem::path& file) {
  if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path());
  const std::string path = file.string() + ".lock";
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), path);
  struct flock whole {};  // a POSIX record lock: it belongs to the process, and fork does not hand it on
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(fd_, F_SETLK, &whole) == 0) return;
  const int error = errno;
  ::close(std::exchange(fd_, -1));
  if (error == EACCES || error == EAGAIN) {
    throw ConfigError(fmt::format("{}: another process is writing these results", file.string()));
  }
  throw std::system_error(error, std::generic_category(), path);
}

FileLock::FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace cleave

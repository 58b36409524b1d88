#pragma once
// A file that is written from front to back, and complains when it cannot be.

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace cleave {

/// Buffers what it is given. Errors: std::system_error naming the file and the system's reason, from any function but
/// the destructor, which drops what was not flushed: call close() to be told.
class OutputFile {
 public:
  explicit OutputFile(std::filesystem::path path);

  /// Text to append to; call flush_when_full() now and then.
  [[nodiscard]] std::string& buffer() { return buffer_; }
  void flush_when_full() {
    if (buffer_.size() >= kFull) flush();
  }
  void close();

 private:
  static constexpr std::size_t kFull = std::size_t{256} * 1024;
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  void flush();
  [[noreturn]] void fail(int error) const;

  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Closer> file_;
  std::string buffer_;
};

/// Writes a whole file. Errors: std::runtime_error.
void write_file(const std::filesystem::path& path, std::string_view text);

}  // namespace cleave

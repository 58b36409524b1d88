#pragma once
// Lines of a text file, plain or gzip, in constant memory.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/workload/trace/problems.h"

namespace cleave {

/// Reads one file from start to end. Every line must be UTF-8; a byte order mark and carriage returns are dropped.
/// Errors, reported to `problems` (borrowed): a file that cannot be opened, a gzip stream that ends early or is
/// corrupt, a line that is not UTF-8 (skipped when problems are gathered), an empty line (skipped likewise).
class LineReader {
 public:
  LineReader(const std::string& file, Problems& problems);
  ~LineReader();

  /// Steps to the next line; false at the end.
  [[nodiscard]] bool next();
  /// The line without its end; valid until next().
  [[nodiscard]] std::string_view text() const { return text_; }
  /// Of the line, from 1.
  [[nodiscard]] std::uint64_t number() const { return number_; }

 private:
  struct File;
  [[nodiscard]] bool next_raw();
  [[nodiscard]] bool refill();

  Problems& problems_;
  std::unique_ptr<File> file_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // of the unread part of buffer_
  std::size_t end_ = 0;
  bool at_end_ = false;
  std::string_view text_;
  std::uint64_t number_ = 0;
};

}  // namespace cleave

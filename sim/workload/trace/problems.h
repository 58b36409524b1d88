#pragma once
// What is wrong with a data file: thrown at once, or gathered for `cleave trace validate`.

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cleave {

/// Diagnostics of one file. A strict one (limit 1, as a simulation reads) throws ConfigError at the first problem;
/// one with a higher limit gathers, and throws all of them when the limit is reached.
class Problems {
 public:
  explicit Problems(std::string file, std::size_t limit = 1) : file_(std::move(file)), limit_(limit) {}

  /// "file:line: field: got value, expected ...". Long values are cut, bytes that are not printable are escaped.
  void add(std::uint64_t line, std::string_view field, std::string_view value, std::string_view expected);
  template <class Number>
  requires std::is_arithmetic_v<Number>
  void add(std::uint64_t line, std::string_view field, Number value, std::string_view expected) {
    add(line, field, fmt::format("{}", value), expected);
  }
  /// A problem with the file as a whole, "file: message" or with a line "file:line: message".
  void add(std::string_view message);
  void add_at(std::uint64_t line, std::string_view message);

  [[nodiscard]] const std::vector<std::string>& found() const { return found_; }
  [[nodiscard]] const std::string& file() const { return file_; }

 private:
  void keep(std::string text);

  std::string file_;
  std::size_t limit_;
  std::vector<std::string> found_;
};

}  // namespace cleave

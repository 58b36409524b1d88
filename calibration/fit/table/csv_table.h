#pragma once
// A measured table: one header, one measurement a line. Strict: a damaged table is refused, never patched.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cleave::fit {

/// Reads a CSV file, plain or gzip, row by row. Cells hold no quotes.
/// Errors, from every function: ConfigError "file:line: reason".
class CsvTable {
 public:
  /// Reads the whole file. Errors: cannot be read, damaged gzip, no header, a column named twice.
  explicit CsvTable(std::string file);
  /// The same for text that is already there.
  CsvTable(std::string name, std::string text);

  /// Index of a column. Errors: no such column; names those that exist.
  [[nodiscard]] std::size_t column(std::string_view name) const;
  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const;

  /// Steps to the next row; false at the end. Errors: another number of cells than the header has.
  [[nodiscard]] bool next();
  [[nodiscard]] std::string_view text(std::size_t column) const { return cells_[column]; }
  /// A finite number. Errors: not a number, NaN or infinite.
  [[nodiscard]] double number(std::size_t column) const;
  /// A number above zero: a time or a size. Errors: also zero or less.
  [[nodiscard]] double positive(std::size_t column) const;
  /// A number of at least zero.
  [[nodiscard]] double non_negative(std::size_t column) const;

  /// Of the current row, from 1; the header is line 1.
  [[nodiscard]] std::uint32_t line() const { return line_; }
  [[nodiscard]] const std::string& file() const { return file_; }
  [[noreturn]] void fail(std::string_view reason) const;

 private:
  void read_header();
  [[nodiscard]] bool next_line(std::string_view& line);

  std::string file_;
  std::string text_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 0;
  std::vector<std::string> header_;
  std::vector<std::string_view> cells_;
};

}  // namespace cleave::fit

#pragma once
// Columns of plain text that line up.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cleave {

/// Colours of a terminal, or nothing.
class Ink {
 public:
  explicit Ink(bool colour) : colour_(colour) {}
  [[nodiscard]] std::string bold(std::string_view text) const { return wrap("1", text); }
  [[nodiscard]] std::string dim(std::string_view text) const { return wrap("2", text); }
  [[nodiscard]] std::string warn(std::string_view text) const { return wrap("33", text); }
  [[nodiscard]] std::string good(std::string_view text) const { return wrap("32", text); }
  [[nodiscard]] std::string bad(std::string_view text) const { return wrap("31", text); }

 private:
  [[nodiscard]] std::string wrap(std::string_view code, std::string_view text) const;
  bool colour_;
};

/// Shape: every row has as many cells as the header. The first `left` columns are aligned left, the others right.
class TextTable {
 public:
  TextTable(std::vector<std::string> header, std::size_t left) : rows_{std::move(header)}, left_(left) {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  /// Appends the table, its header in bold, each line ended and without spaces at its end.
  void write(std::string& out, const Ink& ink) const;

 private:
  std::vector<std::vector<std::string>> rows_;
  std::size_t left_;
};

}  // namespace cleave

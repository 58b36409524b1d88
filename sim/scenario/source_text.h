#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/scenario/diagnostics.h"

namespace cleave {

/// The text of a file, to look up what yaml-cpp's marks (byte columns, from 0) point at. Borrows the text.
class SourceText {
 public:
  SourceText(std::string_view text, std::string source);

  /// The position of a mark, its column counted in characters.
  [[nodiscard]] Position position(int line, int column) const;

  /// Whether the scalar at a mark is a text of several lines after `|` or `>`.
  [[nodiscard]] bool begins_block_text(int line, int column) const;

  /// Whether the quoted scalar at a mark has its closing quote. (yaml-cpp takes the end of the file for one.)
  [[nodiscard]] bool closes_quote(int line, int column) const;

  /// Where a tab stands in the indentation of a line (from 0), if one does.
  [[nodiscard]] std::optional<Position> tab_in_indentation(int line) const;

 private:
  [[nodiscard]] std::size_t offset(int line, int column) const;

  std::string_view text_;
  std::string source_;
  std::vector<std::size_t> line_starts_;
};

}  // namespace cleave

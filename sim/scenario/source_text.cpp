#include "sim/scenario/source_text.h"

#include <algorithm>
#include <utility>

namespace cleave {

SourceText::SourceText(std::string_view text, std::string source) : text_(text), source_(std::move(source)) {
  line_starts_.push_back(0);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') line_starts_.push_back(i + 1);
  }
}

std::size_t SourceText::offset(int line, int column) const {
  const auto index = std::min(static_cast<std::size_t>(std::max(line, 0)), line_starts_.size() - 1);
  return std::min(line_starts_[index] + static_cast<std::size_t>(std::max(column, 0)), text_.size());
}

Position SourceText::position(int line, int column) const {
  const std::string_view before = text_.substr(offset(line, 0), offset(line, column) - offset(line, 0));
  const auto characters = std::count_if(before.begin(), before.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;  // not the inside of a UTF-8 sequence
  });
  return {source_, std::max(line, 0) + 1, static_cast<int>(characters) + 1};
}

bool SourceText::begins_block_text(int line, int column) const {
  std::size_t at = offset(line, column);
  while (at < text_.size() && text_[at] == '&') {  // an anchor stands before it
    at = text_.find_first_of(" \n", at);
    at = at == std::string_view::npos ? text_.size() : text_.find_first_not_of(" \n", at);
  }
  return at < text_.size() && (text_[at] == '|' || text_[at] == '>');
}

bool SourceText::closes_quote(int line, int column) const {
  std::size_t at = text_.find_first_of("\"'", offset(line, column));  // after an anchor, if there is one
  if (at == std::string_view::npos) return false;
  const char quote = text_[at];
  for (++at; at < text_.size(); ++at) {
    if (quote == '"' && text_[at] == '\\') {
      ++at;
    } else if (text_[at] == quote) {
      const bool doubled = quote == '\'' && at + 1 < text_.size() && text_[at + 1] == quote;
      if (!doubled) return true;
      ++at;
    }
  }
  return false;
}

std::optional<Position> SourceText::tab_in_indentation(int line) const {
  const std::size_t start = offset(line, 0);
  const std::size_t at = text_.find_first_not_of(' ', start);
  if (at == std::string_view::npos || text_[at] != '\t') return std::nullopt;
  return position(line, static_cast<int>(at - start));
}

}  // namespace cleave

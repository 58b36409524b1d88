#include "sim/scenario/utf8.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>

namespace cleave {
namespace {

/// Length of the UTF-8 sequence at the start of `text`, 0 if there is none.
/// Source: RFC 3629, section 4 (shortest forms only, no surrogates, at most U+10FFFF).
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const auto continues = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0U) == 0x80U; };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4 || !continues(1)) return 0;
  if (lead < 0xE0) return 2;
  if (!continues(2)) return 0;
  if (lead < 0xF0) {
    const bool overlong = lead == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = lead == 0xED && byte(1) > 0x9F;
    return overlong || surrogate ? 0 : 3;
  }
  const bool overlong = lead == 0xF0 && byte(1) < 0x90;
  const bool beyond = lead == 0xF4 && byte(1) > 0x8F;
  return !continues(3) || overlong || beyond ? 0 : 4;
}

bool is_control(char c) {
  const auto byte = static_cast<std::uint8_t>(c);
  return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
}

}  // namespace

std::optional<UnreadableByte> first_unreadable_byte(std::string_view text) {
  int line = 1;
  int column = 1;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence_length(text.substr(at));
    if (length == 0 || is_control(text[at])) {
      return UnreadableByte{line, column,
                            fmt::format("byte {} of the file is 0x{:02X}: {}", at, static_cast<std::uint8_t>(text[at]),
                                        length == 0 ? "the text is not UTF-8" : "a control character")};
    }
    column = text[at] == '\n' ? 1 : column + 1;
    line += text[at] == '\n' ? 1 : 0;
    at += length;
  }
  return std::nullopt;
}

}  // namespace cleave

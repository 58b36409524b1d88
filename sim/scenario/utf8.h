#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cleave {

/// A byte that a text file may not hold, and where it stands (from 1; columns count characters).
struct UnreadableByte {
  int line = 0;
  int column = 0;
  std::string message;
};

/// The first byte that is not part of UTF-8, or a control character other than tab and line ends. (yaml-cpp would take
/// byte 4 for the end of the file, and replace what is not UTF-8.)
[[nodiscard]] std::optional<UnreadableByte> first_unreadable_byte(std::string_view text);

}  // namespace cleave

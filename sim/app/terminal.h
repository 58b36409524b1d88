#pragma once
// What a terminal may be shown: colour and lines that rewrite themselves.

#include <cstdio>
#include <string>
#include <string_view>

namespace cleave {

[[nodiscard]] bool is_terminal(std::FILE* stream);

/// Whether escape sequences are welcome: a terminal, NO_COLOR not set (https://no-color.org), TERM not "dumb".
[[nodiscard]] bool takes_colour(std::FILE* stream);

enum class Colour : unsigned char { green, red, yellow };

/// `text` in a colour if stdout takes it, else as it is.
[[nodiscard]] std::string painted(std::string_view text, Colour colour);

}  // namespace cleave

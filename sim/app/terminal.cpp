#include "sim/app/terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

namespace cleave {

bool is_terminal(std::FILE* stream) {
  return ::isatty(::fileno(stream)) == 1;
}

bool takes_colour(std::FILE* stream) {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool refused = no_colour != nullptr && *no_colour != '\0';
  return is_terminal(stream) && !refused && (term == nullptr || std::string_view(term) != "dumb");
}

std::string painted(std::string_view text, Colour colour) {
  if (!takes_colour(stdout)) return std::string(text);
  const int code = colour == Colour::green ? 32 : colour == Colour::red ? 31 : 33;
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

}  // namespace cleave

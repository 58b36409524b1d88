#pragma once
// Where a value was written, and the errors of one file gathered so that a user sees all of them at once.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cleave {

/// A place in a file, counted from 1; or, with line 0, a whole source such as the flag "--set a.b=c".
struct Position {
  std::string source;
  int line = 0;
  int column = 0;
};

/// "file:line:column", or the source alone.
[[nodiscard]] std::string to_text(const Position& position);

/// The name that a user most likely meant. Ties go to the earliest. Result: nullopt when none is near.
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> names);

/// "; did you mean `x`?" or nothing.
[[nodiscard]] std::string suggestion(std::string_view word, std::span<const std::string_view> names);

/// "a, b or c".
[[nodiscard]] std::string listing(std::span<const std::string_view> names);

/// Gathers errors. Order of the report: as found, file by file.
class Diagnostics {
 public:
  /// `key_path` may be empty. `message` reads "got <value>, expected <...>".
  void add(const Position& where, std::string_view key_path, std::string_view message);

  [[nodiscard]] std::size_t count() const { return lines_.size(); }

  /// Errors: ConfigError with one line per gathered error, if there is any.
  void throw_if_any() const;

 private:
  struct Line {
    Position where;
    std::string text;
  };
  std::vector<Line> lines_;
};

}  // namespace cleave

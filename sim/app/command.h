#pragma once
// One subcommand of the program: its flags, and what it does once they are read.

#include <cstdint>
#include <memory>
#include <span>

#include "sim/app/exit_code.h"

namespace CLI {
class App;
}

namespace cleave {

/// A subcommand. Its flags are bound to the object's own members.
class Command {
 public:
  virtual ~Command() = default;
  /// Errors: exceptions; only `main` catches them.
  virtual ExitCode run() = 0;
};

/// One row of the table of commands. All text is static.
/// `add` declares the flags on the parser, which lives as long as the command.
struct CommandEntry {
  const char* name;
  const char* help;
  const char* examples;
  std::unique_ptr<Command> (*add)(CLI::App& parser);
};

/// All commands, in the order in which help lists them.
[[nodiscard]] std::span<const CommandEntry> commands();

enum class OutputFormat : std::uint8_t { text, json };

/// Declares `--format text|json`; `format` holds the default.
void add_format(CLI::App& parser, OutputFormat& format);

}  // namespace cleave

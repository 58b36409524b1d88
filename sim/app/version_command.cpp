#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "sim/app/commands.h"

namespace cleave {
namespace {

class VersionCommand final : public Command {
 public:
  explicit VersionCommand(CLI::App& parser) { add_format(parser, format_); }

  ExitCode run() override {
    if (format_ == OutputFormat::json) {
      const nlohmann::ordered_json version{{"program", "cleave"}, {"version", CLEAVE_VERSION}, {"compiler", kCompiler}};
      fmt::print("{}\n", version.dump(2));
    } else {
      fmt::print("cleave {} ({})\n", CLEAVE_VERSION, kCompiler);
    }
    return ExitCode::ok;
  }

 private:
  static constexpr const char* kCompiler = "compiled by " __VERSION__;
  OutputFormat format_ = OutputFormat::text;
};

}  // namespace

std::unique_ptr<Command> make_version_command(CLI::App& parser) {
  return std::make_unique<VersionCommand>(parser);
}

}  // namespace cleave

#include "sim/app/program.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "sim/app/command.h"
#include "sim/scenario/diagnostics.h"

namespace cleave {
namespace {

struct Declared {
  CLI::App* parser;
  std::unique_ptr<Command> command;
};

std::vector<Declared> declare(CLI::App& program) {
  std::vector<Declared> declared;
  for (const CommandEntry& entry : commands()) {
    CLI::App* parser = program.add_subcommand(entry.name, entry.help);
    parser->footer(entry.examples);
    declared.push_back({parser, entry.add(*parser)});
  }
  return declared;
}

/// The innermost subcommand that the arguments reached.
const CLI::App& reached(const CLI::App& program) {
  const CLI::App* at = &program;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return *at;
}

/// What could have been meant by an argument: the parser's flags if it begins like one, else its subcommands.
std::string did_you_mean(const CLI::App& parser, const std::string& argument) {
  std::vector<std::string> known;
  if (argument.starts_with('-')) {
    for (const CLI::Option* option : parser.get_options()) {
      for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
    }
  } else {
    for (const CLI::App* sub : parser.get_subcommands([](const CLI::App*) { return true; })) {
      known.push_back(sub->get_name());
    }
  }
  const std::vector<std::string_view> views(known.begin(), known.end());
  return suggestion(argument.substr(0, argument.find('=')), views);
}

std::string usage_hint(const CLI::App& parser) {
  std::string path = parser.get_name();
  for (const CLI::App* up = parser.get_parent(); up != nullptr; up = up->get_parent()) {
    path = fmt::format("{} {}", up->get_name(), path);
  }
  return fmt::format("see `{} --help`", path);
}

/// Explains a failed parse on stderr.
void explain(const CLI::App& program, const CLI::ParseError& error) {
  const CLI::App& parser = reached(program);
  const std::vector<std::string> unknown = parser.remaining();
  std::string text = error.what();
  if (!unknown.empty()) {
    const bool flag = unknown.front().starts_with('-');
    const char* kind = flag                                                                   ? "flag"
                       : parser.get_subcommands([](const CLI::App*) { return true; }).empty() ? "argument"
                                                                                              : "command";
    text = fmt::format("unknown {} `{}`{}", kind, unknown.front(), did_you_mean(parser, unknown.front()));
  }
  fmt::print(stderr, "cleave: {}\n{}\n", text, usage_hint(parser));
}

}  // namespace

ExitCode run_program(int argc, const char* const* argv) {
  CLI::App program{
      "Simulates disaggregated LLM-inference clusters: traffic, hardware, KV cache and policies in,\n"
      "latency, goodput, cost and the reasons out.",
      "cleave"};
  program.require_subcommand(1);
  program.set_version_flag("--version", CLEAVE_VERSION);
  program.footer("Start with: cleave run scenarios/quickstart.yaml");
  const std::vector<Declared> declared = declare(program);
  if (argc < 2) {
    fmt::print(stderr, "{}", program.help());
    return ExitCode::invalid_input;
  }
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    program.exit(success);
    return ExitCode::ok;
  } catch (const CLI::ParseError& error) {
    explain(program, error);
    return ExitCode::invalid_input;
  }
  for (const Declared& entry : declared) {
    if (entry.parser->parsed()) return entry.command->run();
  }
  return ExitCode::invalid_input;  // require_subcommand leaves no way here
}

}  // namespace cleave

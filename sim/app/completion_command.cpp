#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "models/units/error.h"
#include "sim/app/commands.h"

namespace cleave {
namespace {

std::vector<const CLI::App*> subcommands_of(const CLI::App& parser) {
  return parser.get_subcommands([](const CLI::App*) { return true; });
}

std::string flags_of(const CLI::App& parser) {
  std::string words;
  for (const CLI::Option* option : parser.get_options()) {
    for (const std::string& name : option->get_lnames()) words += fmt::format("{}--{}", words.empty() ? "" : " ", name);
  }
  return words;
}

std::string names_of(const std::vector<const CLI::App*>& parsers) {
  std::string words;
  for (const CLI::App* parser : parsers) words += fmt::format("{}{}", words.empty() ? "" : " ", parser->get_name());
  return words;
}

/// Words that may follow a command: its own subcommands and its flags.
std::string words_after(const CLI::App& parser) {
  const std::string names = names_of(subcommands_of(parser));
  return names + (names.empty() ? "" : " ") + flags_of(parser);
}

/// `    run) words="--seed --out";;` for each command.
std::string cases(const CLI::App& program) {
  std::string text;
  for (const CLI::App* command : subcommands_of(program)) {
    text += fmt::format("    {}) words=\"{}\";;\n", command->get_name(), words_after(*command));
  }
  return text;
}

std::string bash_script(const CLI::App& program) {
  return fmt::format(R"(# bash completion for cleave: source <(cleave completion bash)
_cleave() {{
  local words current="${{COMP_WORDS[COMP_CWORD]}}"
  COMPREPLY=()
  case "${{COMP_WORDS[1]:-}}" in
{}    *) words="{}";;
  esac
  if ((COMP_CWORD == 1)); then words="{}"; fi
  if [[ $current == -* ]] || ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  else
    COMPREPLY=($(compgen -W "${{words//--+([^ ])/}}" -- "$current") $(compgen -f -- "$current"))
  fi
}}
shopt -s extglob
complete -o filenames -F _cleave cleave
)",
                     cases(program), flags_of(program), words_after(program));
}

std::string zsh_script(const CLI::App& program) {
  std::string commands;
  for (const CLI::App* command : subcommands_of(program)) {
    commands += fmt::format("    '{}:{}'\n", command->get_name(), command->get_description());
  }
  return fmt::format(R"(#compdef cleave
# zsh completion for cleave: put this file as _cleave on $fpath
_cleave() {{
  local -a commands
  commands=(
{}  )
  if ((CURRENT == 2)); then
    _describe 'command' commands
    return
  fi
  local words_of=""
  case "$words[2]" in
{}  esac
  compadd -- ${{=words_of}}
  _files
}}
_cleave "$@"
)",
                     commands, [&] {
                       std::string text;
                       for (const CLI::App* command : subcommands_of(program)) {
                         text += fmt::format("    {}) words_of=\"{}\";;\n", command->get_name(), words_after(*command));
                       }
                       return text;
                     }());
}

std::string fish_script(const CLI::App& program) {
  std::string text = "# fish completion for cleave: save as ~/.config/fish/completions/cleave.fish\n";
  for (const CLI::App* command : subcommands_of(program)) {
    text += fmt::format("complete -c cleave -n __fish_use_subcommand -a {} -d '{}'\n", command->get_name(),
                        command->get_description());
    const std::string seen = fmt::format("'__fish_seen_subcommand_from {}'", command->get_name());
    for (const CLI::App* sub : subcommands_of(*command)) {
      text += fmt::format("complete -c cleave -n {} -a {} -d '{}'\n", seen, sub->get_name(), sub->get_description());
    }
    for (const CLI::Option* option : command->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        text += fmt::format("complete -c cleave -n {} -l {} -d '{}'\n", seen, name, option->get_description());
      }
    }
  }
  return text;
}

class CompletionCommand final : public Command {
 public:
  explicit CompletionCommand(CLI::App& parser) : program_(*parser.get_parent()) {
    parser.add_option("shell", shell_, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  }

  ExitCode run() override {
    const std::string script = shell_ == "bash"  ? bash_script(program_)
                               : shell_ == "zsh" ? zsh_script(program_)
                                                 : fish_script(program_);
    fmt::print("{}", script);
    return ExitCode::ok;
  }

 private:
  const CLI::App& program_;
  std::string shell_;
};

}  // namespace

std::unique_ptr<Command> make_completion_command(CLI::App& parser) {
  return std::make_unique<CompletionCommand>(parser);
}

}  // namespace cleave

// The flags of `cleave trace stats|validate|convert`; trace_command.cpp does the work.

#include <CLI/CLI.hpp>
#include <array>
#include <iostream>

#include "sim/app/commands.h"
#include "sim/app/trace_command.h"
#include "sim/scenario/param_names.h"

namespace cleave {
namespace {

template <class E>
std::vector<std::string> choices() {
  std::vector<std::string> names;
  for (const std::string_view name : names_of<E>()) names.emplace_back(name);
  return names;
}

class TraceCommand final : public Command {
 public:
  explicit TraceCommand(CLI::App& parser) {
    parser.require_subcommand(1);
    CLI::App& stats = add(parser, TraceAction::stats, "stats", "lengths, rates and reuse of a trace",
                          "Examples:\n  cleave trace stats conversation_trace.jsonl.gz --block-size 16\n");
    stats.add_option("--block-size", block_size_, "full blocks of so many tokens instead of the trace's own")
        ->check(CLI::PositiveNumber)
        ->type_name("TOKENS");
    CLI::App& validate = add(parser, TraceAction::validate, "validate", "every mistake of a trace, with its line",
                             "Examples:\n  cleave trace validate requests.csv --limit 100\n");
    validate.add_option("--limit", params_.problem_limit, "stop after so many mistakes")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    CLI::App& convert = add(parser, TraceAction::convert, "convert", "write a trace in another format",
                            "Examples:\n  cleave trace convert AzureLLMInferenceTrace_conv.csv --out azure.csv.gz\n");
    convert.add_option("--out", params_.output, "file to write; compressed when it ends in .gz")
        ->required()
        ->type_name("FILE");
    convert.add_option("--to", to_, "format to write")
        ->check(CLI::IsMember({"cleave", "mooncake"}))
        ->default_str("cleave");
    convert.add_flag("--force", params_.force, "overwrite an existing file");
  }

  ExitCode run() override {
    for (const Sub& sub : subs_) {
      if (sub.parser->parsed()) params_.action = sub.action;
    }
    if (!format_.empty()) params_.format = value_of<TraceFormat>(format_);
    if (!linkage_.empty()) params_.linkage = *value_of<SessionLinkage>(linkage_);
    if (block_size_) params_.block_size = Tokens{*block_size_};
    params_.to = *value_of<TraceFormat>(to_);
    const ExitCode code = trace_command(params_, std::cout, std::cerr);
    std::cout.flush();
    return code;
  }

 private:
  struct Sub {
    TraceAction action;
    CLI::App* parser;
  };

  /// Declares a subcommand with the flags that all of them have.
  CLI::App& add(CLI::App& parser, TraceAction action, const char* name, const char* help, const char* examples) {
    CLI::App* sub = parser.add_subcommand(name, help);
    sub->footer(examples);
    sub->add_option("file", params_.file, "the trace, plain or .gz")->required()->type_name("FILE");
    sub->add_option("--trace-format", format_, "its format; none: told by its first line")
        ->check(CLI::IsMember(choices<TraceFormat>()));
    sub->add_option("--linkage", linkage_, "whether requests continue earlier ones")
        ->check(CLI::IsMember(choices<SessionLinkage>()));
    add_format(*sub, params_.output_format);
    subs_.push_back({action, sub});
    return *sub;
  }

  TraceCommandParams params_;
  std::string format_;
  std::string linkage_;
  std::string to_ = "cleave";
  std::optional<std::int64_t> block_size_;
  std::vector<Sub> subs_;
};

}  // namespace

std::unique_ptr<Command> make_trace_command(CLI::App& parser) {
  return std::make_unique<TraceCommand>(parser);
}

}  // namespace cleave

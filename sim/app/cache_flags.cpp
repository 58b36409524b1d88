// The flags of `cleave cache`; cache_command.cpp does the work.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "models/units/error.h"
#include "models/units/text.h"
#include "sim/app/cache_command.h"
#include "sim/app/commands.h"
#include "sim/scenario/param_names.h"

namespace cleave {
namespace {

class CacheCommand final : public Command {
 public:
  explicit CacheCommand(CLI::App& parser) {
    parser.add_option("trace", params_.trace.file, "the trace, plain or .gz")->required()->type_name("TRACE");
    parser.add_option("--policy", params_.policies, "eviction policies, or all; see `cleave list evictions`")
        ->type_name("NAME,...")
        ->capture_default_str();
    parser
        .add_option("--capacity", params_.capacities, "blocks, % of distinct blocks, or tokens: 1000,10%,\"3M tokens\"")
        ->type_name("SIZE,...");
    parser.add_flag("--curve", params_.curve, "hits at many capacities, in one pass where the policy allows it");
    parser.add_option("--block-size", block_size_, "full blocks of so many tokens instead of the trace's own")
        ->check(CLI::Range(1, 1 << 20))
        ->type_name("TOKENS");
    parser.add_option("--ttl", ttl_, "time to live of policy `ttl`")->type_name("TIME")->capture_default_str();
    parser.add_option("--seed", params_.seed, "of policies that draw")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    parser.add_option("--trace-format", trace_format_, "its format; none: told by its first line")
        ->check(CLI::IsMember(trace_formats()));
    parser.add_option("--format", format_, "how to print: text for people, json and csv for programs")
        ->type_name("text|json|csv")
        ->check(CLI::IsMember({"text", "json", "csv"}).description(""))
        ->capture_default_str();
  }

  ExitCode run() override {
    if (block_size_) params_.trace.block_size = Tokens{*block_size_};
    if (!trace_format_.empty()) params_.trace.format = value_of<TraceFormat>(trace_format_);
    const std::optional<Duration> ttl = parse<Duration>(ttl_);
    if (!ttl || *ttl <= Duration::zero()) {
      throw ConfigError(fmt::format("--ttl: got `{}`, expected {} above zero, such as {}", ttl_,
                                    unit_grammar<Duration>().what, unit_grammar<Duration>().examples));
    }
    params_.ttl = *ttl;
    params_.format = format_ == "json" ? CacheFormat::json : format_ == "csv" ? CacheFormat::csv : CacheFormat::text;
    const ExitCode code = cache_command(params_, std::cout);
    std::cout.flush();
    return code;
  }

 private:
  static std::vector<std::string> trace_formats() {
    std::vector<std::string> names;
    for (const std::string_view name : names_of<TraceFormat>()) names.emplace_back(name);
    return names;
  }

  CacheCommandParams params_;
  std::optional<std::int64_t> block_size_;
  std::string trace_format_;
  std::string ttl_ = "5 min";
  std::string format_ = "text";
};

}  // namespace

std::unique_ptr<Command> make_cache_command(CLI::App& parser) {
  return std::make_unique<CacheCommand>(parser);
}

}  // namespace cleave

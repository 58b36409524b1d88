#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "models/units/error.h"
#include "sim/app/check_run.h"
#include "sim/app/commands.h"
#include "sim/scenario/yaml_parser.h"

namespace cleave {
namespace {

/// "path=value" flags as settings.
SettingMap settings_of(const std::vector<std::string>& flags) {
  SettingMap settings;
  Diagnostics diagnostics;
  for (const std::string& flag : flags) {
    const auto equals = flag.find('=');
    const Position where{"--set-* " + flag};
    if (equals == std::string::npos) {
      diagnostics.add(where, "", "expected path=value");
      continue;
    }
    if (const auto tree = parse_yaml(flag.substr(equals + 1), where.source, diagnostics)) {
      settings[flag.substr(0, equals)] = *tree;
    }
  }
  diagnostics.throw_if_any();
  return settings;
}

class CompareCommand final : public Command {
 public:
  explicit CompareCommand(CLI::App& parser) {
    parser.add_option("base", base_, "a scenario")->required()->type_name("FILE");
    parser.add_option("head", head_, "another one; the same when left out")->type_name("FILE");
    for (const auto& [flag, values, what] : {std::tuple{"--set-base", &set_base_, "set a value on the base's side"},
                                             std::tuple{"--set-head", &set_head_, "set a value on the head's side"}}) {
      parser.add_option(flag, *values, std::string(what) + ": path=value; may be repeated")
          ->type_name("PATH=VALUE")
          ->allow_extra_args(false);
    }
    parser.add_option("--base-program", base_program_, "a cleave program that runs the base")->type_name("PROGRAM");
    parser.add_option("--head-program", head_program_, "a cleave program that runs the head")->type_name("PROGRAM");
    parser.add_option("--replicates", replicates_, "seeds on each side")->type_name("N")->check(CLI::Range(2, 10000));
    parser.add_option("--metric", metrics_, "a metric to compare, as name:lower|higher[:margin]; may be repeated")
        ->type_name("METRIC")
        ->allow_extra_args(false);
    add_check_flags(parser, flags_);
  }

  ExitCode run() override {
    CheckParams check;
    check.name = "compare";
    check.replicates = replicates_;
    check.metrics = metrics();
    check.scenarios = {base_};
    check.base.program = program(base_program_);
    check.head.program = program(head_program_);
    check.base.set = settings_of(set_base_);
    check.head.set = settings_of(set_head_);
    check.base.name = name_of_side(base_, set_base_);
    check.head.name = name_of_side(head_.empty() ? base_ : head_, set_head_);
    check.head_scenarios = {head_.empty() ? base_ : head_};
    return run_check(std::move(check), flags_, base_);
  }

 private:
  static std::string program(const std::string& path) {
    return path.empty() ? path : std::filesystem::absolute(path).string();
  }
  static std::string name_of_side(const std::string& file, const std::vector<std::string>& set) {
    std::string name = file;
    for (const std::string& flag : set) name += " " + flag;
    return name;
  }

  [[nodiscard]] std::vector<MetricParams> metrics() const {
    if (metrics_.empty()) return default_metrics();
    std::vector<MetricParams> out;
    for (const std::string& text : metrics_) {
      MetricParams metric;
      const auto first = text.find(':');
      const auto second = first == std::string::npos ? first : text.find(':', first + 1);
      const std::string way = first == std::string::npos ? "" : text.substr(first + 1, second - first - 1);
      if (way != "lower" && way != "higher") {
        throw ConfigError(fmt::format("--metric: got \"{}\", expected name:lower or name:higher, and :margin", text));
      }
      metric.metric = text.substr(0, first);
      metric.better = way == "lower" ? Better::lower : Better::higher;
      if (second != std::string::npos) metric.margin = text.substr(second + 1);
      (void)gated(metric);
      out.push_back(metric);
    }
    return out;
  }

  std::string base_;
  std::string head_;
  std::vector<std::string> set_base_;
  std::vector<std::string> set_head_;
  std::string base_program_;
  std::string head_program_;
  std::uint32_t replicates_ = 10;
  std::vector<std::string> metrics_;
  CheckFlags flags_;
};

}  // namespace

std::unique_ptr<Command> make_compare_command(CLI::App& parser) {
  return std::make_unique<CompareCommand>(parser);
}

}  // namespace cleave

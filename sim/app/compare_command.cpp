#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <optional>

#include "models/units/error.h"
#include "sim/app/check_run.h"
#include "sim/app/commands.h"
#include "sim/scenario/yaml_parser.h"
#include "sim/study/check/compare_stores.h"

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
    parser.add_option("base", base_, "a scenario, or the results of a sweep")->required()->type_name("FILE");
    parser.add_option("head", head_, "another one; the same when left out")->type_name("FILE");
    for (const auto& [flag, values, what] : {std::tuple{"--where-base", &where_base_, "results: the base's points"},
                                             std::tuple{"--where-head", &where_head_, "results: the head's points"}}) {
      parser.add_option(flag, *values, std::string(what) + ", as a condition over the scenario; may be repeated")
          ->type_name("CONDITION")
          ->allow_extra_args(false);
    }
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
    if (is_store(base_) || is_store(head_)) return compare_results();
    if (!where_base_.empty() || !where_head_.empty()) {
      throw ConfigError(
          fmt::format("--where-base and --where-head select points of a sweep's results; {} holds none", base_));
    }
    CheckParams check;
    check.name = "compare";
    check.replicates = replicates_.value_or(check.replicates);
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
  /// Point by point; nothing is run.
  [[nodiscard]] ExitCode compare_results() const {
    const std::string head = head_.empty() ? base_ : head_;
    const bool runs_asked = replicates_ || flags_.workers || !base_program_.empty() || !head_program_.empty() ||
                            !set_base_.empty() || !set_head_.empty() || !flags_.write_baseline.empty();
    if (runs_asked) {
      throw ConfigError(fmt::format(
          "{} holds results: nothing is run, and only --where-base, --where-head, --metric and forms of output apply",
          base_));
    }
    PairedPoints pairs = pair_points({base_, where_base_}, {head, where_head_});
    CheckParams check;
    check.name = "compare";
    check.metrics = metrics();
    check.base.name = name_of_side(base_, where_base_);
    check.head.name = name_of_side(head, where_head_);
    check.replicates = 0;
    for (const auto* side : {&pairs.base, &pairs.head}) {
      for (const SideRuns& runs : *side) {
        check.replicates = std::max(check.replicates, static_cast<std::uint32_t>(runs.size()));
      }
    }
    check.scenarios = std::move(pairs.points);
    return tell_comparison(check, pairs.base, pairs.head, flags_, base_);
  }

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
  std::vector<std::string> where_base_;
  std::vector<std::string> where_head_;
  std::optional<std::uint32_t> replicates_;
  std::vector<std::string> metrics_;
  CheckFlags flags_;
};

}  // namespace

std::unique_ptr<Command> make_compare_command(CLI::App& parser) {
  return std::make_unique<CompareCommand>(parser);
}

}  // namespace cleave

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sim/report/html/markup.h"
#include "sim/study/check/render.h"

namespace cleave {
namespace {

using Json = nlohmann::ordered_json;

std::string sentence(const MetricComparison& m) {
  std::string text = fmt::format("{} is {}: {:.4g} to {:.4g}, {}, allowed {}", m.metric.name, name_of(m.verdict),
                                 m.means.base, m.means.head, effect_text(m), margin_text(m.metric));
  if (m.verdict == Verdict::inconclusive) text += "; " + m.reason;
  return text;
}

/// A cell of a Markdown table.
std::string cell(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  for (auto bar = text.find('|'); bar != std::string::npos; bar = text.find('|', bar + 2)) text.insert(bar, "\\");
  return text;
}

/// GitHub's escapes in the data of a workflow command.
std::string command_data(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '%') {
      out += "%25";
    } else if (c == '\n') {
      out += "%0A";
    } else if (c == '\r') {
      out += "%0D";
    } else {
      out += c;
    }
  }
  return out;
}

Json number(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json json_of(const MetricComparison& m) {
  return {{"metric", m.metric.name},
          {"better", m.metric.better == Better::lower ? "lower" : "higher"},
          {"margin", m.metric.margin.value},
          {"margin_is", m.metric.margin.absolute ? "absolute" : "share of the base"},
          {"base", m.means.base},
          {"head", m.means.head},
          {"base_seeds", m.means.base_count},
          {"head_seeds", m.means.head_count},
          {"paired", m.means.paired},
          {"effect", m.effect},
          {"low", number(m.low)},
          {"high", number(m.high)},
          {"p_worse", m.p_worse},
          {"p_better", m.p_better},
          {"p_beyond_margin", m.p_beyond_margin},
          {"verdict", name_of(m.verdict)},
          {"reason", m.reason}};
}

std::string markdown_row(const MetricComparison& m) {
  const std::string verdict(name_of(m.verdict));
  return fmt::format("`{}` | {} | {} | {} | {} | {} |\n", m.metric.name, base_text(m), head_text(m), effect_text(m),
                     margin_text(m.metric), passes(m) ? verdict : "**" + verdict + "**");
}

std::string markdown_table(const ScenarioComparison& scenario) {
  std::string out =
      fmt::format("\n### {}\n\n| metric | base | head | change | allowed | verdict |\n|---|--:|--:|--:|--:|---|\n",
                  cell(scenario.scenario));
  for (const MetricComparison& m : scenario.metrics) out += "| " + markdown_row(m);
  for (const ReasonGroup& group : reasons_of(scenario)) {
    out += fmt::format("\n- {}: {}", group.subject(), cell(group.reason));
  }
  for (const std::string& note : scenario.notes) out += fmt::format("\n- {}", cell(note));
  return out.back() == '\n' ? out : out + "\n";
}

std::string markdown_tally(const CheckResult& result) {
  std::string out =
      fmt::format("\n{} points\n\n| metric | better | no worse | worse | inconclusive |\n|---|--:|--:|--:|--:|\n",
                  result.scenarios.size());
  for (const MetricTally& t : tally(result)) {
    out += fmt::format("| `{}` | {} | {} | {} | {} |\n", t.metric, t.of(Verdict::better), t.of(Verdict::no_worse),
                       t.of(Verdict::worse), t.of(Verdict::inconclusive));
  }
  std::string rows;
  std::size_t count = 0;
  for (const ScenarioComparison& scenario : result.scenarios) {
    for (const MetricComparison& m : scenario.metrics) {
      if (passes(m) || ++count > kMostShown) continue;
      rows += fmt::format("| {} | {}", cell(scenario.scenario), markdown_row(m));
    }
  }
  if (count == 0) return out;
  out += "\n| point | metric | base | head | change | allowed | verdict |\n|---|---|--:|--:|--:|--:|---|\n" + rows;
  return count > kMostShown ? out + fmt::format("\n... and {} more\n", count - kMostShown) : out;
}

}  // namespace

std::string check_markdown(const CheckResult& result) {
  std::string out = fmt::format("## {}: {}\n\n{} against {}, {} seeds\n", cell(result.name), name_of(result.verdict),
                                cell(result.head), cell(result.base), result.replicates);
  if (result.scenarios.size() < kManyScenarios) {
    for (const ScenarioComparison& scenario : result.scenarios) out += markdown_table(scenario);
  } else {
    out += markdown_tally(result);
  }
  return out + fmt::format(
                   "\nBrackets hold the interval of the change; the chance of a false verdict, over all metrics "
                   "together, is {:.3g}.\n",
                   result.error);
}

std::string check_junit(const CheckResult& result) {
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::string suites;
  for (const ScenarioComparison& scenario : result.scenarios) {
    std::string cases;
    std::size_t failed = 0;
    for (const MetricComparison& m : scenario.metrics) {
      const std::string open = fmt::format("    <testcase classname=\"{}\" name=\"{}\"",
                                           html::escape(scenario.scenario), html::escape(m.metric.name));
      if (passes(m)) {
        cases += open + "/>\n";
        continue;
      }
      ++failed;
      cases += fmt::format("{}>\n      <failure type=\"{}\" message=\"{}\"/>\n    </testcase>\n", open,
                           name_of(m.verdict), html::escape(sentence(m)));
    }
    suites += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\">\n{}  </testsuite>\n",
                          html::escape(scenario.scenario), scenario.metrics.size(), failed, cases);
    tests += scenario.metrics.size();
    failures += failed;
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{}\" tests=\"{}\" failures=\"{}\">\n"
      "{}</testsuites>\n",
      html::escape(result.name), tests, failures, suites);
}

std::string check_annotations(const CheckResult& result, const std::string& file) {
  std::string out;
  for (const ScenarioComparison& scenario : result.scenarios) {
    for (const MetricComparison& m : scenario.metrics) {
      if (passes(m)) continue;
      out += fmt::format("::{} file={},title=cleave {}::{}\n", m.verdict == Verdict::worse ? "error" : "warning",
                         command_data(file), command_data(result.name),
                         command_data(scenario.scenario + ": " + sentence(m)));
    }
  }
  return out;
}

std::string check_json(const CheckResult& result) {
  Json out{{"name", result.name},
           {"base", result.base},
           {"head", result.head},
           {"error", result.error},
           {"replicates", result.replicates},
           {"verdict", name_of(result.verdict)}};
  out["scenarios"] = Json::array();
  for (const ScenarioComparison& scenario : result.scenarios) {
    Json metrics = Json::array();
    for (const MetricComparison& m : scenario.metrics) metrics.push_back(json_of(m));
    out["scenarios"].push_back({{"scenario", scenario.scenario}, {"metrics", metrics}, {"notes", scenario.notes}});
  }
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace cleave

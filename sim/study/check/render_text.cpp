#include <fmt/format.h>

#include <algorithm>

#include "sim/report/text_table.h"
#include "sim/study/check/render.h"

namespace cleave {
namespace {

std::string amount(double value, bool absolute, bool sign) {
  const double shown = absolute ? value : 100 * value;
  return sign ? fmt::format("{:+.3g}{}", shown, absolute ? "" : " %")
              : fmt::format("{:.3g}{}", shown, absolute ? "" : " %");
}

std::string coloured(const Ink& ink, Verdict verdict) {
  const std::string name(name_of(verdict));
  if (verdict == Verdict::worse) return ink.bad(name);
  return verdict == Verdict::inconclusive ? ink.warn(name) : ink.good(name);
}

void write_tables(std::string& out, const CheckResult& result, const Ink& ink) {
  for (const ScenarioComparison& scenario : result.scenarios) {
    out += "\n" + ink.bold(scenario.scenario) + "\n";
    TextTable table({"metric", "base", "head", "change", "allowed", "verdict"}, 1);
    for (const MetricComparison& m : scenario.metrics) {
      table.add({m.metric.name, base_text(m), head_text(m), effect_text(m), margin_text(m.metric),
                 std::string(name_of(m.verdict))});
    }
    table.write(out, ink);
    for (const ReasonGroup& group : reasons_of(scenario)) {
      out += ink.warn("note: ") + group.subject() + ": " + group.reason + "\n";
    }
    for (const std::string& note : scenario.notes) out += ink.warn("note: ") + note + "\n";
  }
}

void write_tally(std::string& out, const CheckResult& result, const Ink& ink) {
  out += fmt::format("\n{} points\n", result.scenarios.size());
  TextTable table({"metric", "better", "no worse", "worse", "inconclusive"}, 1);
  for (const MetricTally& t : tally(result)) {
    table.add({t.metric, std::to_string(t.of(Verdict::better)), std::to_string(t.of(Verdict::no_worse)),
               std::to_string(t.of(Verdict::worse)), std::to_string(t.of(Verdict::inconclusive))});
  }
  table.write(out, ink);
  TextTable failing({"point", "metric", "base", "head", "change", "verdict"}, 2);
  std::size_t count = 0;
  for (const ScenarioComparison& scenario : result.scenarios) {
    for (const MetricComparison& m : scenario.metrics) {
      if (passes(m) || ++count > kMostShown) continue;
      failing.add({scenario.scenario, m.metric.name, base_text(m), head_text(m), effect_text(m),
                   std::string(name_of(m.verdict))});
    }
  }
  if (count == 0) return;
  out += "\n";
  failing.write(out, ink);
  if (count > kMostShown) out += fmt::format("... and {} more; --json has all\n", count - kMostShown);
}

}  // namespace

bool passes(const MetricComparison& metric) {
  return metric.verdict == Verdict::better || metric.verdict == Verdict::no_worse;
}

std::vector<MetricTally> tally(const CheckResult& result) {
  std::vector<MetricTally> all;
  for (const ScenarioComparison& scenario : result.scenarios) {
    for (std::size_t i = 0; i < scenario.metrics.size(); ++i) {
      if (all.size() == i) all.push_back({scenario.metrics[i].metric.name, {}});
      ++all[i].counts[static_cast<std::size_t>(scenario.metrics[i].verdict)];
    }
  }
  return all;
}

std::string base_text(const MetricComparison& metric) {
  return metric.means.base_count > 0 ? fmt::format("{:.4g}", metric.means.base) : "-";
}

std::string head_text(const MetricComparison& metric) {
  return metric.means.head_count > 0 ? fmt::format("{:.4g}", metric.means.head) : "-";
}

std::string ReasonGroup::subject() const {
  return all && metrics.size() > 1 ? "all metrics" : fmt::format("{}", fmt::join(metrics, ", "));
}

std::vector<ReasonGroup> reasons_of(const ScenarioComparison& scenario) {
  std::vector<ReasonGroup> groups;
  for (const MetricComparison& m : scenario.metrics) {
    if (m.verdict != Verdict::inconclusive) continue;
    auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.reason == m.reason; });
    if (group == groups.end()) group = groups.insert(group, {m.reason, {}, false});
    group->metrics.push_back(m.metric.name);
    group->all = group->metrics.size() == scenario.metrics.size();
  }
  return groups;
}

std::string effect_text(const MetricComparison& metric) {
  const bool absolute = metric.metric.margin.absolute;
  if (metric.means.base_count == 0) return "-";
  std::string text = amount(metric.effect, absolute, true);
  if (metric.low && metric.high) {
    text += fmt::format(" [{}, {}]", amount(*metric.low, absolute, true), amount(*metric.high, absolute, true));
  }
  return text;
}

std::string margin_text(const GatedMetric& metric) {
  return fmt::format("{} {}", metric.better == Better::lower ? "at most +" : "at least -",
                     amount(metric.margin.value, metric.margin.absolute, false));
}

std::string check_text(const CheckResult& result, bool colour) {
  const Ink ink(colour);
  std::string out = fmt::format("{}: {} against {}\n", ink.bold(result.name), result.head, result.base);
  if (result.scenarios.size() < kManyScenarios) {
    write_tables(out, result, ink);
  } else {
    write_tally(out, result, ink);
  }
  return out + fmt::format("\n{} (chance of a false verdict over all metrics: {:.3g})\n", coloured(ink, result.verdict),
                           result.error);
}

}  // namespace cleave

#include <fmt/format.h>

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

}  // namespace

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
  for (const ScenarioComparison& scenario : result.scenarios) {
    out += "\n" + ink.bold(scenario.scenario) + "\n";
    TextTable table({"metric", "base", "head", "change", "allowed", "verdict"}, 1);
    for (const MetricComparison& m : scenario.metrics) {
      table.add({m.metric.name, fmt::format("{:.4g}", m.means.base), fmt::format("{:.4g}", m.means.head),
                 effect_text(m), margin_text(m.metric), std::string(name_of(m.verdict))});
    }
    table.write(out, ink);
    for (const MetricComparison& m : scenario.metrics) {
      if (m.verdict == Verdict::inconclusive) out += ink.warn("note: ") + m.metric.name + ": " + m.reason + "\n";
    }
    for (const std::string& note : scenario.notes) out += ink.warn("note: ") + note + "\n";
  }
  return out + fmt::format("\n{} (chance of a false verdict over all metrics: {:.3g})\n", coloured(ink, result.verdict),
                           result.error);
}

}  // namespace cleave

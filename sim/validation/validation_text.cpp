#include <fmt/format.h>

#include <cmath>

#include "sim/validation/outliers.h"
#include "sim/validation/validation.h"

namespace cleave {
namespace {

const char* verdict_of(const Target& target) {
  if (!target.pass) return "----";
  return *target.pass ? "PASS" : "FAIL";
}

std::string value_text(const Comparison& c) {
  if (c.in_points) return fmt::format("{:.1f} % simulated, {:.1f} % measured", 100 * c.simulated, 100 * c.measured);
  return fmt::format("{:.4g} {} simulated, {:.4g} measured", c.simulated, c.unit, c.measured);
}

void add_run(std::string& text, const RunReport& run) {
  text += fmt::format("  {}\n", run.run);
  if (run.status != ReportStatus::compared) {
    text += fmt::format("    {}: {}\n", run.status == ReportStatus::skipped ? "skipped" : "FAILED", run.why);
    return;
  }
  for (const Comparison& c : run.comparisons) {
    text += fmt::format("    {:+7.1f} {:<6} {}: {}\n", 100 * c.error(), c.in_points ? "points" : "%", c.name,
                        value_text(c));
  }
  for (const SeriesComparison& series : run.series) {
    text += fmt::format("    {:7.1f} %      of the peak: {}, second by second\n", 100 * series.error, series.name);
  }
  for (const ErrorSpread& s : run.spreads) {
    text +=
        fmt::format("    {} of single requests: p5 {:+.1f} %, p50 {:+.1f} %, p95 {:+.1f} %, mean absolute {:.1f} %\n",
                    s.name, 100 * s.p5, 100 * s.p50, 100 * s.p95, 100 * s.mean_absolute);
  }
  for (const std::string& reason : run.reasons) text += fmt::format("    because: {}\n", reason);
}

void add_groups(std::string& text, const KindReport& kind) {
  for (const GroupError& e : errors_by_group(kind.runs)) {
    text += fmt::format("  {:+7.1f} % median, {:5.1f} % median absolute, {:6.1f} % p90, {:3} rows: {}: {}\n",
                        100 * e.median, 100 * e.median_absolute, 100 * e.p90_absolute, e.rows, e.group, e.name);
  }
}

}  // namespace

std::string validation_text(const ValidationReport& report) {
  std::string text;
  for (const KindReport& kind : report.kinds) {
    text += fmt::format("{} ({})\n", kind.kind->title, kind.kind->folder);
    if (kind.kind->grouped) {
      add_groups(text, kind);
    } else {
      for (const RunReport& run : kind.runs) add_run(text, run);
    }
    for (const Target& t : kind.targets) {
      text += fmt::format("  {}  {}: reached {}, asked {}{}\n", verdict_of(t), t.what, t.reached, t.limit,
                          t.goal.empty() ? "" : " (goal " + t.goal + ")");
    }
  }
  text += fmt::format("{} runs compared, {} targets missed\n", report.compared(), report.missed_targets());
  return text;
}

}  // namespace cleave

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/validation/outliers.h"
#include "sim/validation/statistics.h"
#include "sim/validation/validation.h"

namespace cleave {
namespace {

std::string percent(double share) {
  return fmt::format("{:+.1f} %", 100 * share);
}

std::string number(double value, const std::string& unit) {
  if (unit == "s" && value < 1) return fmt::format("{:.2f} ms", 1e3 * value);
  if (unit == "s") return fmt::format("{:.3f} s", value);
  if (unit.empty()) return fmt::format("{:.1f} %", 100 * value);
  return fmt::format("{:.4g} {}", value, unit);
}

void add_targets(std::string& page, const ValidationReport& report) {
  page += "## Targets\n\n| | What | Asked | Goal | Reached |\n|---|---|---|---|---|\n";
  for (const KindReport& kind : report.kinds) {
    for (const Target& t : kind.targets) {
      const char* mark = !t.pass ? "–" : (*t.pass ? "reached" : "**missed**");
      page += fmt::format("| {} | {} | {} | {} | {} |\n", mark, t.what, t.limit, t.goal, t.reached);
    }
  }
  page += "\n";
}

void add_comparisons(std::string& page, const RunReport& run) {
  page += "| Quantity | Measured | Simulated | Error |\n|---|---|---|---|\n";
  for (const Comparison& c : run.comparisons) {
    const std::string error = c.in_points ? fmt::format("{:+.1f} points", 100 * c.error()) : percent(c.error());
    page +=
        fmt::format("| {} | {} | {} | {} |\n", c.name, number(c.measured, c.unit), number(c.simulated, c.unit), error);
  }
  page += "\n";
}

void add_spreads(std::string& page, const RunReport& run) {
  if (run.spreads.empty()) return;
  page +=
      "Errors of single rows:\n\n| | Rows | p5 | p25 | p50 | p75 | p95 | Mean absolute |\n"
      "|---|---|---|---|---|---|---|---|\n";
  for (const ErrorSpread& s : run.spreads) {
    page += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {:.1f} % |\n", s.name, s.count, percent(s.p5),
                        percent(s.p25), percent(s.p50), percent(s.p75), percent(s.p95), 100 * s.mean_absolute);
  }
  page += "\n";
}

/// Ten points of a series, so that a page shows its course.
void add_series(std::string& page, const RunReport& run) {
  constexpr std::size_t kPoints = 12;
  constexpr double kSlower = 1.01;
  for (const SeriesComparison& s : run.series) {
    page +=
        fmt::format("{}, second by second: mean absolute error {:.1f} % of the measured peak", s.name, 100 * s.error);
    if (const auto slower = stretched_series_error(s.measured, kSlower)) {
      page += fmt::format(" (the measured one against itself, 1 % slower: {:.1f} %)", 100 * *slower);
    }
    page += ".\n\n";
    std::string head = "| at second |";
    std::string rule = "|---|";
    std::string measured = "| measured |";
    std::string simulated = "| simulated |";
    const std::size_t length = std::max(s.measured.size(), s.simulated.size());
    for (std::size_t k = 0; k < kPoints; ++k) {
      const std::size_t i = k * (length - 1) / (kPoints - 1);
      head += fmt::format(" {} |", i + 1);
      rule += "---|";
      measured += fmt::format(" {:.0f} |", i < s.measured.size() ? s.measured[i] : 0);
      simulated += fmt::format(" {:.0f} |", i < s.simulated.size() ? s.simulated[i] : 0);
    }
    page += fmt::format("{}\n{}\n{}\n{}\n\n", head, rule, measured, simulated);
  }
}

void add_run(std::string& page, const RunReport& run) {
  page += fmt::format("### {}\n\n", run.run);
  if (run.status != ReportStatus::compared) {
    page += fmt::format("{}: {}.\n\n", run.status == ReportStatus::skipped ? "Not compared" : "**Failed**", run.why);
    return;
  }
  std::string facts;
  for (const auto& [key, value] : run.facts) facts += fmt::format("{}{}: {}", facts.empty() ? "" : "; ", key, value);
  page += facts + ".\n\n";
  add_comparisons(page, run);
  add_spreads(page, run);
  add_series(page, run);
  for (const std::string& reason : run.reasons) page += fmt::format("- {}\n", reason);
  if (!run.reasons.empty()) page += "\n";
}

void add_groups(std::string& page, const KindReport& kind) {
  page +=
      "| Group | Quantity | Rows | Median | Median absolute | p90 absolute | Outside 15 % |\n"
      "|---|---|---|---|---|---|---|\n";
  for (const GroupError& e : errors_by_group(kind.runs)) {
    page += fmt::format("| {} | {} | {} | {} | {:.1f} % | {:.1f} % | {} |\n", e.group, e.name, e.rows,
                        percent(e.median), 100 * e.median_absolute, 100 * e.p90_absolute, e.outside);
  }
  page += "\n";
}

/// Why rows are outside: each row for every reason that applies to it.
void add_group_reasons(std::string& page, const KindReport& kind) {
  const std::vector<GroupReason> reasons = reasons_by_group(kind.runs);
  if (reasons.empty()) return;
  page += "Rows outside 15 %, by reason:\n\n| Group | Rows | Reason |\n|---|---|---|\n";
  for (const GroupReason& r : reasons) page += fmt::format("| {} | {} | {} |\n", r.group, r.rows, r.reason);
  page += "\n";
}

/// Why runs were left out, and how many for each reason.
void add_left_out(std::string& page, const KindReport& kind) {
  std::vector<std::pair<std::string, std::size_t>> why;
  for (const RunReport& run : kind.runs) {
    if (run.status == ReportStatus::compared) continue;
    const std::string reason = (run.status == ReportStatus::failed ? "failed: " : "") + run.why;
    auto at = std::find_if(why.begin(), why.end(), [&](const auto& w) { return w.first == reason; });
    if (at == why.end()) at = why.insert(why.end(), {reason, 0});
    ++at->second;
  }
  for (const auto& [reason, count] : why) page += fmt::format("- {} rows not compared: {}\n", count, reason);
  if (!why.empty()) page += "\n";
}

}  // namespace

std::string validation_markdown(const ValidationReport& report) {
  std::string page =
      "# Validation against measured serving\n\n"
      "Generated by `cleave verify --only engines --page docs/validation.md`; do not edit. Errors are (simulated − "
      "measured) / "
      "measured. Kernel times come from tables of the same accelerator, settings from the engine's command line, KV "
      "capacity from the memory plan. No constant is fitted to one run, but these runs were in view when mechanisms "
      "and "
      "published figures were chosen for them (each is named in its section), so they are development errors, not "
      "blind "
      "ones.\n\n";
  add_targets(page, report);
  for (const KindReport& kind : report.kinds) {
    page += fmt::format("## {}\n\n`{}`: {}.\n\n", kind.kind->title, kind.kind->folder, kind.kind->load);
    if (kind.kind->grouped) {
      add_groups(page, kind);
      add_group_reasons(page, kind);
      add_left_out(page, kind);
    } else {
      for (const RunReport& run : kind.runs) add_run(page, run);
    }
  }
  return page;
}

}  // namespace cleave

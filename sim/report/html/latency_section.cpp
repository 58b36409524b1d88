#include <fmt/format.h>

#include <algorithm>

#include "models/units/text.h"
#include "sim/report/html/markup.h"
#include "sim/report/html/plots.h"
#include "sim/report/html/sections.h"
#include "sim/report/html/widgets.h"
#include "sim/report/humanise.h"

namespace cleave::html {
namespace {

/// One kind of latency: where it is in the results, and which limit applies.
struct Measure {
  const char* name;
  const char* meaning;
  std::optional<Distribution> GroupResults::*distribution;
  std::optional<Duration> SloLimits::*limit;  // null: none can be given
};

constexpr Measure kMeasures[] = {
    {"TTFT", "time to first token", &GroupResults::ttft, &SloLimits::ttft},
    {"TPOT", "mean time per output token of a request", &GroupResults::tpot, &SloLimits::tpot},
    {"ITL", "each gap between tokens", &GroupResults::itl, nullptr},
    {"E2E", "arrival to last token", &GroupResults::e2e, &SloLimits::e2e},
    {"queue", "arrival to first step", &GroupResults::queue, nullptr},
};
constexpr std::size_t kPlotted = 4;

void add_row(std::string& out, const Measure& measure, const GroupResults& group) {
  const auto& d = group.*measure.distribution;
  if (!d) return;
  out += fmt::format("<tr><th title=\"{}\">{}</th>", measure.meaning, measure.name);
  for (const double value : {d->mean, d->p50, d->p90, d->p95, d->p99, d->max}) {
    out += fmt::format("<td>{}</td>", human::duration(value));
  }
  out += fmt::format("<td>{}</td></tr>\n", human::count(d->count));
}

void add_group(std::string& out, const std::string& name, const GroupResults& group) {
  if (!name.empty()) out += fmt::format("<tr class=\"group\"><th colspan=\"8\">{}</th></tr>\n", escape(name));
  for (const Measure& measure : kMeasures) add_row(out, measure, group);
}

std::string table(const std::string& rows) {
  return "<div class=\"scroll\"><table><thead><tr><th class=\"l\"></th><th>mean</th><th>p50</th><th>p90</th>"
         "<th>p95</th><th>p99</th><th>max</th><th>values</th></tr></thead>\n<tbody>\n" +
         rows + "</tbody></table></div>\n";
}

/// The same numbers by class, and with the warm-up included, one click away.
std::string other_groups(const RunResults& results) {
  std::string rows;
  if (results.classes.size() > 1) {
    for (const ClassResults& cls : results.classes) add_group(rows, cls.name, cls.measured);
  }
  if (results.warm_up > Duration::zero()) add_group(rows, "Full run, warm-up included", results.whole);
  if (rows.empty()) return {};
  return "<details><summary>By class and over the full run</summary>\n" + table(rows) + "</details>\n";
}

std::vector<DistributionSeries> series_of(const RunResults& results, const Measure& measure) {
  std::vector<DistributionSeries> series;
  const auto& all = results.measured.*measure.distribution;
  if (!all) return series;
  series.push_back({"all", &*all, 0});
  if (results.classes.size() < 2) return series;
  for (std::size_t i = 0; i < results.classes.size() && i + 1 < kColours; ++i) {
    const auto& d = results.classes[i].measured.*measure.distribution;
    if (d) series.push_back({results.classes[i].name, &*d, static_cast<int>(i + 1)});
  }
  return series;
}

/// Different limits once each; with several, each names its class.
std::vector<LimitMark> limits_of(const RunResults& results, const Measure& measure) {
  std::vector<LimitMark> marks;
  if (measure.limit == nullptr) return marks;
  for (const ClassResults& cls : results.classes) {
    const auto& limit = cls.slo.*measure.limit;
    if (!limit) continue;
    const double seconds = to_seconds(*limit);
    const bool known = std::any_of(marks.begin(), marks.end(), [&](const auto& m) { return m.seconds == seconds; });
    if (!known) marks.push_back({"SLO " + format(*limit), seconds});
  }
  return marks;
}

std::string figure(const RunResults& results, const Measure& measure) {
  const auto series = series_of(results, measure);
  if (series.empty()) return {};
  std::string out = fmt::format("<figure><figcaption>{} <span>{}</span></figcaption>\n{}", measure.name,
                                measure.meaning, distribution_plot(measure.name, series, limits_of(results, measure)));
  if (series.size() > 1) {
    std::vector<LegendEntry> entries;
    for (const DistributionSeries& s : series) {
      entries.push_back({s.colour, s.name, "p99 " + human::duration(s.distribution->p99)});
    }
    out += legend(entries);
  }
  return out + "</figure>\n";
}

}  // namespace

std::string latency_section(const ReportView& view) {
  const RunResults& results = view.results;
  if (!results.whole.ttft) return {};
  std::string hint = "Of completed requests. Percentiles interpolate between order statistics; ITL pools all gaps.";
  if (results.warm_up > Duration::zero()) {
    hint += fmt::format(" Shown are the {} requests that arrived after the warm-up of {}.",
                        human::count(results.measured.tally.requests.arrived), format(results.warm_up));
  }
  std::string plots = "<div class=\"plots\">\n";
  for (std::size_t i = 0; i < kPlotted; ++i) plots += figure(results, kMeasures[i]);
  std::string rows;
  add_group(rows, "", results.measured);
  return section("Latency", hint, table(rows) + other_groups(results) + plots + "</div>\n");
}

}  // namespace cleave::html

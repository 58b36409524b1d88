#include <fmt/format.h>

#include <algorithm>

#include "sim/report/economics.h"
#include "sim/report/html/markup.h"
#include "sim/report/html/plots.h"
#include "sim/report/html/sections.h"
#include "sim/report/html/widgets.h"
#include "sim/report/humanise.h"

namespace cleave::html {
namespace {

/// One pool's samples in order of time.
std::vector<const TimelineRow*> rows_of(const Timeline& timeline, std::size_t pool) {
  std::vector<const TimelineRow*> rows;
  for (const TimelineRow& row : timeline.rows()) {
    if (row.pool.index() == pool) rows.push_back(&row);
  }
  return rows;
}

template <class Value>
TimelineSeries series_of(const std::vector<const TimelineRow*>& rows, std::string name, int colour, Value value) {
  TimelineSeries series{.name = std::move(name), .points = {}, .colour = colour};
  for (const TimelineRow* row : rows) {
    series.points.push_back({to_seconds(row->time), static_cast<double>(value(row->sample))});
  }
  return series;
}

/// Spans in which fewer replicas were up than at best.
std::vector<std::pair<double, double>> trouble_of(const std::vector<const TimelineRow*>& rows, double end) {
  std::int64_t best = 0;
  for (const TimelineRow* row : rows) best = std::max(best, row->sample.replicas_up);
  std::vector<std::pair<double, double>> spans;
  bool inside = false;
  for (const TimelineRow* row : rows) {
    const bool down = row->sample.replicas_up < best;
    if (down && !inside) spans.emplace_back(to_seconds(row->time), end);
    if (!down && inside) spans.back().second = to_seconds(row->time);
    inside = down;
  }
  return spans;
}

std::string figure(const TimelinePlot& plot, const std::string& detail) {
  return fmt::format("<figure><figcaption>{} <span>{}</span></figcaption>\n{}</figure>\n", escape(plot.title),
                     escape(detail), timeline_plot(plot));
}

double largest(const TimelineSeries& series) {
  double value = 0;
  for (const auto& p : series.points) value = std::max(value, p.value);
  return value;
}

std::string count_figure(TimelinePlot plot, const char* title, TimelineSeries series) {
  plot.title = title;
  const std::string detail = "at most " + human::count(static_cast<std::int64_t>(largest(series)));
  plot.series = {std::move(series)};
  return figure(plot, detail);
}

/// Blocks held by live requests, over all blocks with content; in shares of the memory where it is limited.
std::string kv_figure(TimelinePlot plot, const std::vector<const TimelineRow*>& rows) {
  const bool limited =
      std::all_of(rows.begin(), rows.end(), [](const auto* r) { return r->sample.kv_blocks_total > 0; });
  const auto share = [limited](const PoolSample& s, std::int64_t blocks) {
    return limited ? static_cast<double>(blocks) / static_cast<double>(s.kv_blocks_total) : static_cast<double>(blocks);
  };
  plot.title = limited ? "KV memory" : "KV blocks";
  plot.fractions = limited;
  plot.series = {series_of(rows, "held and cached", 5,
                           [&](const PoolSample& s) { return share(s, s.kv_blocks_used + s.kv_blocks_cached); }),
                 series_of(rows, "held", 2, [&](const PoolSample& s) { return share(s, s.kv_blocks_used); })};
  const double peak = largest(plot.series[1]);
  return figure(plot, "held, at most " + (limited ? human::percent(peak) : human::compact(peak)));
}

std::string pool_part(const ReportView& view, std::size_t index) {
  const auto rows = rows_of(view.timeline, index);
  const RunFacts& facts = view.facts;
  std::string about;
  if (index < facts.pools.size()) {
    const PoolFacts& pool = facts.pools[index];
    about = fmt::format("{}{} {} of {} on {} {}, busy {}", pool.role == pool.name ? "" : pool.role + ", ",
                        pool.replicas, pool.replicas == 1 ? "replica" : "replicas", pool.model, pool.accelerators,
                        pool.hardware, shown(utilisation_of(pool, facts.simulated), human::percent));
  }
  std::string out =
      fmt::format("<div class=\"pool\">\n<h3>{} <span>{}</span></h3>\n", escape(view.pools[index]), escape(about));
  if (rows.size() < 2) return out + "<p class=\"hint\">Too short a run for a timeline.</p></div>\n";
  TimelinePlot plot;
  plot.end = std::max(to_seconds(facts.simulated), to_seconds(rows.back()->time));
  plot.shaded = trouble_of(rows, plot.end);
  out += "<div class=\"plots three\">\n";
  out += count_figure(plot, "Waiting", series_of(rows, "waiting", 1, [](const PoolSample& s) { return s.waiting; }));
  out +=
      count_figure(plot, "Running batch", series_of(rows, "running", 0, [](const PoolSample& s) { return s.running; }));
  return out + kv_figure(plot, rows) + "</div>\n</div>\n";
}

}  // namespace

std::string pool_section(const ReportView& view) {
  std::string body;
  for (std::size_t i = 0; i < view.pools.size(); ++i) body += pool_part(view, i);
  if (body.empty()) return {};
  return section(
      "Pools over time",
      "Over all replicas of a pool, sampled. Grey on top of the KV memory held by live requests: cached, reusable "
      "KV. A red band marks times with replicas down.",
      body);
}

}  // namespace cleave::html

#include <fmt/format.h>

#include <algorithm>

#include "sim/report/html/axis.h"
#include "sim/report/html/markup.h"
#include "sim/report/html/plots.h"

namespace cleave::html {
namespace {

constexpr double kWidth = 360;
constexpr double kHeight = 150;
constexpr double kLeft = 42;
constexpr double kRight = 350;
constexpr double kTop = 10;
constexpr double kBottom = 126;
constexpr std::size_t kColumns = 240;  // more points than this could not be told apart

/// At most kColumns points: the highest of each stretch of time, so that no peak is lost.
std::vector<TimePointValue> thinned(const std::vector<TimePointValue>& points) {
  if (points.size() <= kColumns) return points;
  std::vector<TimePointValue> out;
  for (std::size_t column = 0; column < kColumns; ++column) {
    const auto begin = points.begin() + static_cast<std::ptrdiff_t>(column * points.size() / kColumns);
    const auto end = points.begin() + static_cast<std::ptrdiff_t>((column + 1) * points.size() / kColumns);
    const auto peak = std::max_element(begin, end, [](const auto& a, const auto& b) { return a.value < b.value; });
    out.push_back({begin->seconds, peak->value});
  }
  return out;
}

Axis value_axis(const TimelinePlot& plot) {
  double largest = 0;
  for (const TimelineSeries& series : plot.series) {
    for (const TimePointValue& p : series.points) largest = std::max(largest, p.value);
  }
  Axis axis = plot.fractions ? percent_axis() : count_axis(largest);
  axis.from = kBottom;
  axis.to = kTop;
  return axis;
}

void draw_frame(Svg& svg, const Axis& x, const Axis& y) {
  for (const Tick& tick : y.ticks) {
    svg.line({kLeft, y.at(tick.value)}, {kRight, y.at(tick.value)}, "grid");
    svg.text({kLeft - 6, y.at(tick.value) + 4}, Anchor::end, "tick", tick.label);
  }
  for (const Tick& tick : x.ticks) {
    const double at = x.at(tick.value);
    svg.line({at, kBottom}, {at, kBottom + 4}, "grid");
    svg.text({at, kBottom + 17}, at > kRight - 14 ? Anchor::end : Anchor::middle, "tick", tick.label);
  }
}

}  // namespace

std::string timeline_plot(const TimelinePlot& plot) {
  Axis x = time_axis(plot.end);
  x.from = kLeft;
  x.to = kRight;
  const Axis y = value_axis(plot);
  Svg svg(kWidth, kHeight, plot.title + " over simulated time");
  for (const auto& [begin, end] : plot.shaded) {
    svg.rectangle({x.at(begin), kTop}, std::max(1.0, x.at(end) - x.at(begin)), kBottom - kTop, "trouble",
                  "replicas down");
  }
  draw_frame(svg, x, y);
  for (const TimelineSeries& series : plot.series) {
    std::vector<Point> points;
    for (const TimePointValue& p : thinned(series.points)) points.push_back({x.at(p.seconds), y.at(p.value)});
    svg.area(points, kBottom, fmt::format("fill c{}", series.colour));
    svg.polyline(points, fmt::format("curve thin c{}", series.colour));
  }
  return std::move(svg).finish();
}

}  // namespace cleave::html

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/report/html/axis.h"
#include "sim/report/html/markup.h"
#include "sim/report/html/plots.h"
#include "sim/report/humanise.h"

namespace cleave::html {
namespace {

constexpr double kWidth = 440;
constexpr double kHeight = 268;
constexpr double kLeft = 44;
constexpr double kRight = 428;
constexpr double kTop = 38;
constexpr double kBottom = 240;

/// The span of values worth drawing: everything but the lowest half percent, and the limits.
Axis axis_of(const std::vector<DistributionSeries>& series, const std::vector<LimitMark>& limits) {
  double low = series.front().distribution->max;
  double high = 0;
  for (const DistributionSeries& s : series) {
    for (const CurvePoint& p : s.distribution->curve) {
      if (p.fraction < 0.005) continue;
      low = std::min(low, p.value);
      break;
    }
    high = std::max(high, s.distribution->max);
  }
  for (const LimitMark& limit : limits) {
    low = std::min(low, limit.seconds);
    high = std::max(high, limit.seconds);
  }
  Axis axis = duration_axis(low, high);
  axis.from = kLeft;
  axis.to = kRight;
  return axis;
}

void draw_frame(Svg& svg, const Axis& x, const Axis& y) {
  for (const Tick& tick : y.ticks) {
    svg.line({kLeft, y.at(tick.value)}, {kRight, y.at(tick.value)}, "grid");
    svg.text({kLeft - 6, y.at(tick.value) + 4}, Anchor::end, "tick", tick.label);
  }
  for (const Tick& tick : x.ticks) {
    const double at = x.at(tick.value);
    svg.line({at, kTop}, {at, kBottom}, "grid");
    svg.text({at, kBottom + 17}, at > kRight - 14 ? Anchor::end : Anchor::middle, "tick", tick.label);
  }
}

/// The curve from the bottom up, then level to the right edge.
std::vector<Point> curve_points(const Distribution& d, const Axis& x, const Axis& y) {
  std::vector<Point> points;
  const double start = x.at(d.curve.front().value);
  points.push_back({start, y.at(0)});
  for (const CurvePoint& p : d.curve) points.push_back({x.at(p.value), y.at(p.fraction)});
  points.push_back({kRight, y.at(1)});
  return points;
}

/// Beside a monotone curve the lower right and the upper left are free.
void mark_percentile(Svg& svg, const char* name, Point at, double seconds) {
  const std::string label = fmt::format("{} {}", name, human::duration(seconds));
  svg.dot(at, 3.5, "mark", label);
  const bool right = at.x < kRight - 88;
  svg.text({right ? at.x + 7 : at.x - 7, right ? at.y + 11 : at.y - 4}, right ? Anchor::start : Anchor::end, "note",
           label);
}

/// Labels in two rows above the plot, one after the other, so that close limits can both be read.
void draw_limits(Svg& svg, const std::vector<LimitMark>& limits, const Axis& x) {
  bool upper = true;
  for (const LimitMark& limit : limits) {
    const double at = x.at(limit.seconds);
    svg.line({at, upper ? 12.0 : 25.0}, {at, kBottom}, "limit");
    const bool right = at < kRight - 90;
    svg.text({right ? at + 4 : at - 4, upper ? 12.0 : 25.0}, right ? Anchor::start : Anchor::end, "note limit-text",
             limit.label);
    upper = !upper;
  }
}

}  // namespace

std::string distribution_plot(const std::string& title, const std::vector<DistributionSeries>& series,
                              const std::vector<LimitMark>& limits) {
  const Axis x = axis_of(series, limits);
  Axis y = percent_axis();
  y.from = kBottom;
  y.to = kTop;
  Svg svg(kWidth, kHeight, title + ", cumulative distribution");
  draw_frame(svg, x, y);
  for (auto s = series.rbegin(); s != series.rend(); ++s) {  // the first on top
    const auto points = curve_points(*s->distribution, x, y);
    if (series.size() == 1) svg.area(points, kBottom, fmt::format("fill c{}", s->colour));
    svg.polyline(points, fmt::format("curve c{}{}", s->colour, s == series.rend() - 1 ? "" : " thin"));
  }
  draw_limits(svg, limits, x);
  const Distribution& d = *series.front().distribution;
  mark_percentile(svg, "p50", {x.at(d.p50), y.at(0.5)}, d.p50);
  mark_percentile(svg, "p90", {x.at(d.p90), y.at(0.9)}, d.p90);
  mark_percentile(svg, "p99", {x.at(d.p99), y.at(0.99)}, d.p99);
  return std::move(svg).finish();
}

}  // namespace cleave::html

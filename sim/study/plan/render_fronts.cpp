#include <fmt/format.h>

#include <algorithm>

#include "sim/report/html/axis.h"
#include "sim/report/html/markup.h"
#include "sim/study/plan/front.h"
#include "sim/study/plan/html_parts.h"

namespace cleave {
namespace {

/// Two quantities of every point, and which points no other beats.
struct Scatter {
  const char* title;
  const char* x_name;
  const char* y_name;
  double PlanPoint::*x;
  double PlanPoint::*y;
  bool PlanPoint::*front;
};

std::string scatter(const PlanAnswer& answer, const std::vector<PlanPoint>& points, const Scatter& what) {
  constexpr double kWidth = 520;
  constexpr double kHeight = 260;
  double most_x = 0;
  double most_y = 0;
  for (const PlanPoint& point : points) {
    most_x = std::max(most_x, point.*what.x);
    most_y = std::max(most_y, point.*what.y);
  }
  html::Axis x = html::count_axis(most_x);
  html::Axis y = html::count_axis(most_y);
  x.from = 52, x.to = kWidth - 12;
  y.from = kHeight - 36, y.to = 10;
  html::Svg svg(kWidth, kHeight, what.title);
  for (const html::Tick& tick : x.ticks) {
    svg.line({x.at(tick.value), y.from}, {x.at(tick.value), y.to}, "grid");
    svg.text({x.at(tick.value), y.from + 14}, html::Anchor::middle, "tick", tick.label);
  }
  for (const html::Tick& tick : y.ticks) {
    svg.line({x.from, y.at(tick.value)}, {x.to, y.at(tick.value)}, "grid");
    svg.text({x.from - 6, y.at(tick.value) + 4}, html::Anchor::end, "tick", tick.label);
  }
  svg.text({(x.from + x.to) / 2, kHeight - 4}, html::Anchor::middle, "tick", what.x_name);
  std::vector<html::Point> front;
  for (const PlanPoint& point : points) {
    if (point.*what.front) front.push_back({x.at(point.*what.x), y.at(point.*what.y)});
  }
  std::sort(front.begin(), front.end(), [](const html::Point& a, const html::Point& b) { return a.x < b.x; });
  if (front.size() > 1) svg.polyline(front, "curve thin c0");
  for (const PlanPoint& point : points) {
    const bool holds = answer.evaluated[point.candidate].evaluation.holding == Holding::holds;
    const html::Point at{x.at(point.*what.x), y.at(point.*what.y)};
    const PlanCandidate& candidate = answer.evaluated[point.candidate];
    const bool best = answer.best == point.candidate;
    svg.dot(at, best ? 7 : 4.5, fmt::format("dot {}{}", holds ? "good" : "bad", best ? " best" : ""),
            fmt::format("{}: {:.4g}, {:.4g}", text_of(answer.options[candidate.option], candidate.counts),
                        point.*what.x, point.*what.y));
  }
  return fmt::format("<figure><figcaption>{} <span>{}</span></figcaption>{}</figure>\n", what.title, what.y_name,
                     std::move(svg).finish());
}

}  // namespace

std::string fronts_html(const PlanAnswer& answer) {
  const std::vector<PlanPoint> points = points_of(answer);
  if (points.empty()) return {};
  const Scatter speed{"Speed for a user against speed of the hardware",
                      "output tokens/s a user",
                      "output tokens/s an accelerator",
                      &PlanPoint::tokens_per_user,
                      &PlanPoint::tokens_per_accelerator,
                      &PlanPoint::on_speed_front};
  const Scatter cost{"Goodput against cost",    "$ an hour",         "requests/s that meet their SLO",
                     &PlanPoint::cost_per_hour, &PlanPoint::goodput, &PlanPoint::on_cost_front};
  return "<h3>What is traded against what</h3><p class=\"hint\">Each dot is a simulated cluster, green where it meets "
         "the "
         "objectives and red where not, the ringed one the best; lines join those that no other beats in both "
         "respects. Rest on a dot "
         "for "
         "its name.</p><div class=\"plots\">\n" +
         scatter(answer, points, speed) + scatter(answer, points, cost) + "</div>\n";
}

}  // namespace cleave

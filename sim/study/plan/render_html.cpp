#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "sim/report/html/axis.h"
#include "sim/report/html/markup.h"
#include "sim/report/html/page_style.h"
#include "sim/report/html/widgets.h"
#include "sim/report/humanise.h"
#include "sim/study/plan/front.h"
#include "sim/study/plan/render.h"

namespace cleave {
namespace {

using html::escape;

std::string title(const PlanAnswer& answer) {
  const std::string mix = answer.mix.empty() ? "" : answer.mix + " \u2013 ";
  return mix + answer.prices + (answer.prices_date.empty() ? "" : ", " + answer.prices_date);
}

std::string card(const std::string& name, const std::string& value, const std::string& more) {
  return fmt::format(
      "<div class=\"card\"><div class=\"name\">{}</div><div class=\"value\">{}</div><div "
      "class=\"more\">{}</div></div>\n",
      escape(name), escape(value), escape(more));
}

std::string cards(const PlanCandidate& best) {
  const PlanCosts& costs = best.costs;
  return "<div class=\"cards\">\n" +
         card("Cost", human::usd(costs.total_per_hour),
              fmt::format("an hour; {} a year", human::usd(costs.total_per_hour * 8760))) +
         card("Prompt tokens", money(costs.per_mtok_input), "a million") +
         card("Output tokens", money(costs.per_mtok_output), "a million") +
         card("Power", fmt::format("{:.1f} kW", costs.watts / 1000),
              fmt::format("mean, {} an hour, {}", human::usd(costs.power_per_hour),
                          costs.power_included ? "in the price" : "on top")) +
         "</div>\n";
}

std::string pool_table(const PlanCandidate& best) {
  std::string out =
      "<div class=\"scroll\"><table><thead><tr><th class=\"l\">pool</th><th "
      "class=\"l\">hardware</th><th>accelerators</th>"
      "<th>busy</th><th>power</th><th>cost/h</th></tr></thead><tbody>\n";
  for (const PoolCost& pool : best.costs.pools) {
    out +=
        fmt::format("<tr><th>{}</th><td class=\"l\">{}</td><td>{}</td><td>{}</td><td>{:.1f} kW</td><td>{}</td></tr>\n",
                    escape(pool.pool), escape(pool.hardware), pool.accelerators, human::percent(pool.utilisation),
                    pool.watts / 1000, human::usd(pool.price));
  }
  return out + "</tbody></table></div>\n";
}

std::string objective_table(const PlanCandidate& best) {
  std::string out =
      "<div class=\"scroll\"><table><thead><tr><th "
      "class=\"l\">objective</th><th>limit</th><th>mean</th><th>interval</th>"
      "<th class=\"l\">verdict</th></tr></thead><tbody>\n";
  for (const LimitCheck& check : best.evaluation.checks) {
    out += fmt::format(
        "<tr><th>{}</th><td>{} {:.4g}</td><td>{:.4g}</td><td>{:.4g} \u2013 {:.4g}</td><td class=\"l "
        "{}\">{}</td></tr>\n",
        escape(check.metric), check.at_most ? "at most" : "at least", check.limit, check.mean, check.low, check.high,
        check.holding == Holding::holds ? "good" : "bad", name_of(check.holding));
  }
  return out + "</tbody></table></div>\n";
}

std::string ranking_table(const PlanAnswer& answer) {
  std::string out =
      "<div class=\"scroll\"><table><thead><tr><th class=\"l\">cluster</th><th>cost/h</th><th class=\"l\">verdict</th>"
      "<th class=\"l\">why</th></tr></thead><tbody>\n";
  for (const PlanRank& rank : answer.ranking) {
    const char* css = rank.status == "best" || rank.status == "holds" ? "good"
                      : rank.status == "fails"                        ? "bad"
                                                                      : "fair";
    out += fmt::format("<tr><th>{}</th><td>{}</td><td class=\"l {}\">{}</td><td class=\"l wrap\">{}</td></tr>\n",
                       escape(rank.what), money(rank.cost_per_hour), css, escape(rank.status), escape(rank.why));
  }
  return out + "</tbody></table></div>\n";
}

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
    const bool holds = answer.evaluated[point.candidate].evaluation.holding == Holding::holds;
    const html::Point at{x.at(point.*what.x), y.at(point.*what.y)};
    if (point.*what.front) front.push_back(at);
    const PlanCandidate& candidate = answer.evaluated[point.candidate];
    svg.dot(at, answer.best == point.candidate ? 7 : 4.5, holds ? "c2 b2 mark" : "c4 mark",
            fmt::format("{}: {:.4g}, {:.4g}", text_of(answer.options[candidate.option], candidate.counts),
                        point.*what.x, point.*what.y));
  }
  std::sort(front.begin(), front.end(), [](const html::Point& a, const html::Point& b) { return a.x < b.x; });
  if (front.size() > 1) svg.polyline(front, "curve thin c0");
  return fmt::format("<figure><figcaption>{} <span>{}</span></figcaption>{}</figure>\n", what.title, what.y_name,
                     std::move(svg).finish());
}

std::string fronts(const PlanAnswer& answer) {
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
  return "<h3>What is traded against what</h3><p class=\"hint\">Each dot is a simulated cluster, the larger one the "
         "best; "
         "lines join those that no other beats in both respects. Rest on a dot for its name.</p><div "
         "class=\"plots\">\n" +
         scatter(answer, points, speed) + scatter(answer, points, cost) + "</div>\n";
}

std::string note_list(const std::vector<std::string>& notes) {
  if (notes.empty()) return {};
  std::string items;
  for (const std::string& note : notes) items += "<li>" + escape(note) + "</li>\n";
  return "<section class=\"notice\"><h2>Before you rely on this</h2><ul>" + items + "</ul></section>\n";
}

std::string overview(const PlanReport& report) {
  if (report.answers.size() < 2) return {};
  std::string rows;
  for (const PlanAnswer& answer : report.answers) {
    const PlanCandidate* best = answer.best ? &answer.evaluated[*answer.best] : nullptr;
    const std::string cluster =
        best != nullptr ? text_of(answer.options[best->option], best->counts) : "nothing surely holds";
    rows += fmt::format(
        "<tr><th>{}</th><td class=\"l\">{}</td><td class=\"l "
        "wrap\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
        escape(answer.mix), escape(answer.prices), escape(cluster),
        best != nullptr ? human::usd(best->costs.total_per_hour) : "-",
        best != nullptr ? money(best->costs.per_mtok_input) : "-",
        best != nullptr ? money(best->costs.per_mtok_output) : "-",
        best != nullptr ? fmt::format("{:.1f} kW", best->costs.watts / 1000) : "-");
  }
  return html::section("In one table", "Costs of different price lists do not compare with each other.",
                       "<div class=\"scroll\"><table><thead><tr><th class=\"l\">traffic</th><th class=\"l\">prices</th>"
                       "<th class=\"l\">best</th><th>cost/h</th><th>$/Mtok in</th><th>$/Mtok out</th><th>power</th>"
                       "</tr></thead><tbody>\n" +
                           rows + "</tbody></table></div>\n");
}

/// The cheapest that holds of every layout.
std::string layout_table(const PlanAnswer& answer) {
  std::map<std::string, std::size_t> best;
  for (std::size_t i = 0; i < answer.evaluated.size(); ++i) {
    const PlanCandidate& candidate = answer.evaluated[i];
    if (candidate.evaluation.holding != Holding::holds) continue;
    const auto [found, added] = best.emplace(answer.options[candidate.option].layout, i);
    if (!added && candidate.cost_per_hour < answer.evaluated[found->second].cost_per_hour) found->second = i;
  }
  std::string rows;
  std::string earlier;
  for (const PlanOption& option : answer.options) {
    if (option.layout == earlier) continue;
    earlier = option.layout;
    const auto found = best.find(option.layout);
    if (found == best.end()) {
      rows += fmt::format(
          "<tr><th>{}</th><td class=\"l wrap\" colspan=\"6\">nothing was found that surely holds</td></tr>\n",
          escape(option.layout));
      continue;
    }
    const PlanCandidate& c = answer.evaluated[found->second];
    const LimitCheck* objective = c.evaluation.checks.empty() ? nullptr : &c.evaluation.checks.front();
    rows += fmt::format(
        "<tr><th>{}</th><td class=\"l wrap\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{:.1f} "
        "kW</td><td>{}</td></tr>\n",
        escape(option.layout), escape(text_of(answer.options[c.option], c.counts)), human::usd(c.costs.total_per_hour),
        money(c.costs.per_mtok_input), money(c.costs.per_mtok_output), c.costs.watts / 1000,
        objective != nullptr ? fmt::format("{:.4g}", objective->mean) : "-");
  }
  const std::string first = answer.best ? answer.evaluated[*answer.best].evaluation.checks.front().metric : "objective";
  return "<h3>The cheapest of each layout</h3><div class=\"scroll\"><table><thead><tr><th class=\"l\">layout</th>"
         "<th class=\"l\">cluster</th><th>cost/h</th><th>$/Mtok in</th><th>$/Mtok out</th><th>power</th><th>" +
         escape(first) + "</th></tr></thead><tbody>\n" + rows + "</tbody></table></div>\n";
}

std::string answer_section(const PlanReport& report, const PlanAnswer& answer) {
  std::string body = "<p class=\"lead\">" + escape(plan_sentence(report, answer)) + "</p>\n";
  if (answer.best) {
    const PlanCandidate& best = answer.evaluated[*answer.best];
    body += cards(best) + pool_table(best) + "<h3>Objectives</h3>\n" + objective_table(best);
  }
  if (report.params.each_layout) body += layout_table(answer);
  body += "<h3>Ranking</h3>\n" + ranking_table(answer) + fronts(answer);
  return html::section(title(answer),
                       fmt::format("{} candidates, {} of them simulated in {} runs.", answer.candidates,
                                   answer.evaluated.size(), answer.simulations),
                       body);
}

}  // namespace

std::string plan_html(const PlanReport& report) {
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>{} \u2013 cleave "
      "plan</title>\n"
      "<style>{}</style>\n</head>\n<body>\n<main>\n<h1>{}</h1>\n<p class=\"about\">{}</p>\n",
      escape(report.params.name), html::kPageStyle, escape(report.params.name), escape(report.params.description));
  std::vector<std::string> notes = report.problems;
  for (const PlanAnswer& answer : report.answers) {
    for (const std::string& note : answer.notes) {
      if (std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(note);
    }
  }
  out += note_list(notes) + overview(report);
  for (const PlanAnswer& answer : report.answers) out += answer_section(report, answer);
  out += html::section(
      "How this was found", "",
      "<p>Costs are known before any simulation. An analytic bound (what whole batches can do at best) rules out "
      "clusters "
      "that cannot carry the load; of the rest the cheapest are simulated first, and a failure rules out every cluster "
      "with fewer replicas of each pool. An objective holds when the one-sided confidence interval of its mean over "
      "the "
      "seeds is within the limit, fails when it is beyond, and is inconclusive otherwise: what is inconclusive is "
      "never "
      "recommended.</p>\n");
  return out +
         fmt::format("<footer>Written by cleave {}.</footer>\n</main>\n</body>\n</html>\n", escape(report.version));
}

}  // namespace cleave

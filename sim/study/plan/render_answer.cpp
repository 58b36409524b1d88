#include <fmt/format.h>

#include <algorithm>

#include "sim/report/costs_text.h"
#include "sim/report/html/cost_table.h"
#include "sim/report/html/markup.h"
#include "sim/report/html/widgets.h"
#include "sim/report/humanise.h"
#include "sim/study/plan/html_parts.h"
#include "sim/study/plan/render.h"

namespace cleave {
namespace {

using html::escape;

std::string card(const std::string& name, const std::string& value, const std::string& more) {
  return fmt::format(
      "<div class=\"card\"><div class=\"name\">{}</div><div class=\"value\">{}</div><div "
      "class=\"more\">{}</div></div>\n",
      escape(name), escape(value), escape(more));
}

std::string cards(const PlanCandidate& best) {
  const ClusterCosts& costs = best.costs;
  return "<div class=\"cards\">\n" +
         card("Cost", human::usd(costs.total_per_hour),
              fmt::format("an hour; {} a year", human::usd(costs.total_per_hour * 8760))) +
         card("Prompt tokens", money(costs.per_mtok_input), "a million") +
         card("Output tokens", money(costs.per_mtok_output), "a million") +
         card("Power", html::kilowatts(costs.watts),
              fmt::format("mean, {} an hour, {}", human::usd(costs.power_per_hour),
                          costs.power_included ? "in the price" : "on top")) +
         "</div>\n";
}

std::string objective_table(const PlanCandidate& best, double error) {
  std::string out =
      "<div class=\"scroll\"><table><thead><tr><th class=\"l\">objective</th><th>limit</th><th>mean</th>"
      "<th>surely</th><th class=\"l\">verdict</th></tr></thead><tbody>\n";
  for (const LimitCheck& check : best.evaluation.checks) {
    const char* side = check.at_most ? "at most" : "at least";
    out += fmt::format(
        "<tr><th>{}</th><td>{} {:.4g}</td><td>{:.4g}</td><td>{} {:.4g}</td><td class=\"l {}\">{}</td></tr>\n",
        escape(check.metric), side, check.limit, check.mean, side, check.at_most ? check.high : check.low,
        check.holding == Holding::holds ? "good" : "bad", name_of(check.holding));
  }
  return out + fmt::format(
                   "</tbody></table></div>\n<p class=\"hint after\">Surely: the one-sided bound of the mean "
                   "over {} seeds, at {:.0f} % confidence.</p>\n",
                   best.evaluation.summaries.size(), 100 * (1 - error));
}

std::string ranking_row(const PlanRank& rank) {
  const char* css = rank.status == "best" || rank.status == "holds" ? "good" : rank.status == "fails" ? "bad" : "fair";
  return fmt::format(
      "<tr><th class=\"wrap\">{}</th><td>{}</td><td class=\"l {}\">{}</td><td class=\"l wrap\">{}</td></tr>\n",
      escape(rank.what), money(rank.cost_per_hour), css, escape(rank.status), escape(rank.why));
}

/// The first rows in sight, the others behind a click: a buyer reads the top, an engineer all.
std::string ranking_table(const PlanAnswer& answer) {
  constexpr std::size_t kInSight = 10;
  constexpr const char* kHead =
      "<div class=\"scroll\"><table><thead><tr><th class=\"l\">cluster</th><th>cost/h</th><th class=\"l\">verdict</th>"
      "<th class=\"l\">why</th></tr></thead><tbody>\n";
  std::string shown;
  std::string hidden;
  for (std::size_t i = 0; i < answer.ranking.size(); ++i) {
    (i < kInSight ? shown : hidden) += ranking_row(answer.ranking[i]);
  }
  std::string out = kHead + shown + "</tbody></table></div>\n";
  if (hidden.empty()) return out;
  return out + fmt::format("<details><summary>{} more</summary>{}{}</tbody></table></div></details>\n",
                           answer.ranking.size() - kInSight, kHead, hidden);
}

std::string layout_row(const PlanAnswer& answer, const LayoutBest& best) {
  if (!best.candidate) {
    return fmt::format(
        "<tr><th>{}</th><td class=\"l wrap\" colspan=\"6\">nothing was found that surely holds</td></tr>\n",
        escape(best.layout));
  }
  const PlanCandidate& c = answer.evaluated[*best.candidate];
  return fmt::format(
      "<tr><th>{}</th><td class=\"l wrap\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
      escape(best.layout), escape(text_of(answer.options[c.option], c.counts)), human::usd(c.costs.total_per_hour),
      money(c.costs.per_mtok_input), money(c.costs.per_mtok_output), html::kilowatts(c.costs.watts),
      first_objective(c));
}

std::string layout_table(const PlanReport& report, const PlanAnswer& answer) {
  std::string rows;
  for (const LayoutBest& best : best_of_layouts(answer)) rows += layout_row(answer, best);
  return "<h3>The cheapest of each layout</h3><div class=\"scroll\"><table><thead><tr><th class=\"l\">layout</th>"
         "<th class=\"l\">cluster</th><th>cost/h</th><th>$/Mtok in</th><th>$/Mtok out</th><th>power</th><th>" +
         escape(first_metric(report.params)) + "</th></tr></thead><tbody>\n" + rows + "</tbody></table></div>\n";
}

}  // namespace

std::string title_of(const PlanAnswer& answer) {
  const std::string date = answer.prices_date.empty() ? "" : " (" + answer.prices_date + ")";
  return (answer.mix.empty() ? "" : answer.mix + ", prices ") + answer.prices + date;
}

std::string title_lines(const PlanAnswer& answer) {
  if (answer.mix.empty()) return escape(title_of(answer));
  return fmt::format("{}<br/><span class=\"hint\">{}</span>", escape(answer.mix), escape(answer.prices));
}

std::string first_metric(const PlanParams& plan) {
  return plan.slo.empty() ? std::string{} : plan.slo.front().metric;
}

std::string first_objective(const PlanCandidate& candidate) {
  const auto& checks = candidate.evaluation.checks;
  if (checks.empty()) return "\u2013";
  const bool share = checks.front().metric.ends_with("attainment");
  return share ? human::percent(checks.front().mean) : fmt::format("{:.4g}", checks.front().mean);
}

std::vector<LayoutBest> best_of_layouts(const PlanAnswer& answer) {
  std::vector<LayoutBest> all;
  for (const PlanOption& option : answer.options) {
    if (all.empty() || all.back().layout != option.layout) all.push_back({option.layout, std::nullopt});
  }
  for (std::size_t i = 0; i < answer.evaluated.size(); ++i) {
    const PlanCandidate& candidate = answer.evaluated[i];
    if (candidate.evaluation.holding != Holding::holds) continue;
    const std::string& layout = answer.options[candidate.option].layout;
    const auto own = std::find_if(all.begin(), all.end(), [&](const LayoutBest& b) { return b.layout == layout; });
    if (!own->candidate || candidate.cost_per_hour < answer.evaluated[*own->candidate].cost_per_hour)
      own->candidate = i;
  }
  return all;
}

std::string answer_html(const PlanReport& report, const PlanAnswer& answer) {
  std::string body = "<p class=\"lead\">" + escape(plan_sentence(report, answer)) + "</p>\n";
  if (answer.best) {
    const PlanCandidate& best = answer.evaluated[*answer.best];
    body += cards(best) + html::cost_table(best.costs) + "<h3>Objectives</h3>\n" +
            objective_table(best, report.params.error);
  }
  if (report.params.each_layout && !answer.options.empty()) body += layout_table(report, answer);
  body += "<h3>Ranking</h3>\n" + ranking_table(answer) + fronts_html(answer);
  return html::section(title_of(answer),
                       fmt::format("{} candidates, {} of them simulated in {} runs.", answer.candidates,
                                   answer.evaluated.size(), answer.simulations),
                       body);
}

}  // namespace cleave

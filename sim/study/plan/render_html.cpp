#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "sim/report/costs_text.h"
#include "sim/report/html/markup.h"
#include "sim/report/html/page_style.h"
#include "sim/report/html/widgets.h"
#include "sim/report/humanise.h"
#include "sim/study/plan/html_parts.h"
#include "sim/study/plan/render.h"
#include "sim/study/sweep/tree_field.h"

namespace cleave {
namespace {

using html::escape;

std::string note_list(const PlanReport& report) {
  std::vector<std::string> notes = report.problems;
  for (const PlanAnswer& answer : report.answers) {
    for (const std::string& note : answer.notes) {
      if (std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(note);
    }
  }
  if (notes.empty()) return {};
  std::string items;
  for (const std::string& note : notes) items += "<li>" + escape(note) + "</li>\n";
  return "<section class=\"notice\"><h2>Before you rely on this</h2><ul>" + items + "</ul></section>\n";
}

std::string term_html(const std::string& name, const std::string& html) {
  return fmt::format("<dt>{}</dt><dd>{}</dd>\n", escape(name), html);
}

std::string term(const std::string& name, const std::string& text) {
  return term_html(name, escape(text));
}

std::string objectives_text(const PlanParams& plan) {
  std::string text;
  for (const PlanSlo& slo : plan.slo) {
    for (const auto& [limit, word] : {std::pair{&slo.at_least, "at least"}, std::pair{&slo.at_most, "at most"}}) {
      if (*limit) text += fmt::format("{}{} {} {}", text.empty() ? "" : ", ", slo.metric, word, one_line(**limit));
    }
  }
  return text;
}

std::string limits_text(const PlanLimits& limits) {
  std::vector<std::string> parts;
  if (limits.budget) parts.push_back(human::usd(limits.budget->value()) + " an hour");
  if (limits.accelerators) parts.push_back(fmt::format("{} accelerators", *limits.accelerators));
  if (limits.power) parts.push_back(fmt::format("{:.1f} kW of rated power", limits.power->value() / 1000));
  return fmt::format("{}", fmt::join(parts, ", "));
}

/// "lognormal, median 1000, sigma 0.8": a value as one reads it.
std::string words_of(const Tree& value) {
  if (value.kind == Tree::Kind::scalar || value.kind == Tree::Kind::null) return one_line(value);
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  for (const Tree& item : value.items) add(words_of(item));
  for (const TreeEntry& entry : value.entries) {
    const bool nested = !entry.value.entries.empty() || !entry.value.items.empty();
    const std::string words = words_of(entry.value);
    add(entry.key == "type" ? words : nested ? entry.key + " (" + words + ")" : entry.key + " " + words);
  }
  return text;
}

/// One line a setting, as HTML.
std::string settings_lines(const SettingMap& settings) {
  std::string text;
  for (const auto& [path, value] : settings) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : "<br/>", escape(path), escape(words_of(value)));
  }
  return text;
}

/// What was asked, in the plan's own words.
std::string question(const PlanReport& report) {
  const PlanParams& plan = report.params;
  std::string terms = term("What must hold", objectives_text(plan));
  if (!plan.set.empty()) terms += term_html("Set in the scenario", settings_lines(plan.set));
  for (const auto& [name, settings] : plan.mixes) terms += term_html("Traffic: " + name, settings_lines(settings));
  if (const std::string limits = limits_text(plan.limits); !limits.empty()) terms += term("Limits", limits);
  std::set<std::string> told;
  for (const PlanAnswer& answer : report.answers) {
    if (!told.insert(answer.prices).second) continue;
    terms += term(fmt::format("Prices: {}, {}", answer.prices, answer.prices_date), answer.prices_description);
  }
  return html::section("What was asked",
                       plan.objective == PlanObjective::cheapest
                           ? "The cheapest cluster on which every objective surely holds."
                           : "The cluster within the limits that carries the highest rate at which every objective "
                             "surely holds.",
                       "<dl>" + terms + "</dl>\n");
}

std::string overview_row(const PlanAnswer& answer) {
  const PlanCandidate* best = answer.best ? &answer.evaluated[*answer.best] : nullptr;
  if (best == nullptr) {
    return fmt::format(
        "<tr><th class=\"wrap\">{}</th><td class=\"l wrap\" colspan=\"6\">nothing surely "
        "holds</td></tr>\n",
        title_lines(answer));
  }
  return fmt::format(
      "<tr><th class=\"wrap\">{}</th><td class=\"l wrap\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{:.1f} "
      "kW</td><td>{}</td></tr>\n",
      title_lines(answer), escape(text_of(answer.options[best->option], best->counts)),
      human::usd(best->costs.total_per_hour), money(best->costs.per_mtok_input), money(best->costs.per_mtok_output),
      best->costs.watts / 1000, first_objective(*best));
}

std::string overview(const PlanReport& report) {
  if (report.answers.size() < 2) return {};
  std::string rows;
  for (const PlanAnswer& answer : report.answers) rows += overview_row(answer);
  return html::section("What to buy", "Costs of different price lists do not compare with each other.",
                       "<div class=\"scroll\"><table><thead><tr><th class=\"l\">question</th><th class=\"l\">best</th>"
                       "<th>cost/h</th><th>$/Mtok in</th><th>$/Mtok out</th><th>power</th><th>" +
                           escape(first_metric(report.params)) + "</th></tr></thead><tbody>\n" + rows +
                           "</tbody></table></div>\n");
}

/// The cost of a layout's cheapest cluster, its power and its first objective.
std::string matrix_cell(const PlanAnswer& answer, const LayoutBest& best) {
  if (!best.candidate) return "<td class=\"bad\">none holds</td>";
  const PlanCandidate& c = answer.evaluated[*best.candidate];
  const bool wins = answer.best == best.candidate;
  return fmt::format("<td>{}{}/h{}<br><span class=\"hint\">{:.1f} kW, {}</span></td>", wins ? "<b class=\"good\">" : "",
                     human::usd(c.costs.total_per_hour), wins ? "</b>" : "", c.costs.watts / 1000, first_objective(c));
}

/// Layouts against questions: the hardware split at a glance.
std::string matrix(const PlanReport& report) {
  if (!report.params.each_layout) return {};
  std::string head;
  std::string rows;
  for (const PlanAnswer& answer : report.answers) head += "<th>" + title_lines(answer) + "</th>";
  for (const PlanLayout& layout : report.params.layouts) {
    rows += "<tr><th>" + escape(layout.name) + "</th>";
    for (const PlanAnswer& answer : report.answers) {
      const auto all = best_of_layouts(answer);
      const auto own =
          std::find_if(all.begin(), all.end(), [&](const LayoutBest& b) { return b.layout == layout.name; });
      rows += own == all.end() ? "<td>not sold</td>" : matrix_cell(answer, *own);
    }
    rows += "</tr>\n";
  }
  return html::section(
      "Layout by layout",
      fmt::format("The cheapest cluster of each layout that surely holds: cost, mean power and {}. The cheapest of a "
                  "column stands out.",
                  first_metric(report.params)),
      "<div class=\"scroll\"><table class=\"matrix\"><thead><tr><th class=\"l\">layout</th>" + head +
          "</tr></thead><tbody>\n" + rows + "</tbody></table></div>\n");
}

constexpr const char* kMethod =
    "<p>What hardware and storage cost is known before any simulation. An analytic bound (what whole batches can do at "
    "best) rules out clusters that cannot carry the load; of the rest the cheapest are simulated first, and a failure "
    "rules out every cluster with fewer replicas of each pool. An objective holds when the one-sided confidence "
    "interval "
    "of its mean over the seeds is within the limit, fails when it is beyond, and is inconclusive otherwise: what is "
    "inconclusive is never recommended.</p>\n";

}  // namespace

std::string plan_html(const PlanReport& report) {
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>{} \u2013 cleave "
      "plan</title>\n"
      "<style>{}</style>\n</head>\n<body>\n<main>\n<h1>{}</h1>\n<p class=\"about\">{}</p>\n",
      escape(report.params.name), html::kPageStyle, escape(report.params.name), escape(report.params.description));
  out += overview(report) + matrix(report) + note_list(report) + question(report);
  for (const PlanAnswer& answer : report.answers) out += answer_html(report, answer);
  out += html::section("How this was found", "", kMethod);
  return out +
         fmt::format("<footer>Written by cleave {}.</footer>\n</main>\n</body>\n</html>\n", escape(report.version));
}

}  // namespace cleave

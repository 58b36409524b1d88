#include <fmt/format.h>

#include "sim/report/costs_text.h"
#include "sim/report/humanise.h"
#include "sim/report/text_table.h"
#include "sim/study/plan/html_parts.h"
#include "sim/study/plan/render.h"

namespace cleave {
namespace {

void write_ranking(std::string& out, const PlanAnswer& answer, const Ink& ink) {
  constexpr std::size_t kMostShown = 12;
  TextTable table({"cluster", "cost/h", "verdict", "why"}, 4);
  for (std::size_t i = 0; i < answer.ranking.size() && i < kMostShown; ++i) {
    const PlanRank& rank = answer.ranking[i];
    table.add({rank.what, money(rank.cost_per_hour), rank.status, rank.why});
  }
  table.write(out, ink);
  if (answer.ranking.size() > kMostShown) out += fmt::format("... and {} more\n", answer.ranking.size() - kMostShown);
}

}  // namespace

std::string plan_sentence(const PlanReport& report, const PlanAnswer& answer) {
  if (!answer.best) {
    return fmt::format("Nothing on offer surely meets the objectives ({} of {} clusters simulated).",
                       answer.evaluated.size(), answer.candidates);
  }
  const PlanCandidate& best = answer.evaluated[*answer.best];
  std::string text = fmt::format("{}, at {} an hour", text_of(answer.options[best.option], best.counts),
                                 human::usd(best.costs.total_per_hour));
  if (best.best_rate) text += fmt::format(", carries {:.4g} requests a second", *best.best_rate);
  text += fmt::format("; {}. Each objective holds with {:.0f} % confidence over {} seeds.", best.evaluation.binding(),
                      100 * (1 - report.params.error), best.evaluation.summaries.size());
  return text;
}

std::string plan_text(const PlanReport& report, bool colour) {
  const Ink ink(colour);
  std::string out = ink.bold(report.params.name) + "\n";
  for (const std::string& problem : report.problems) out += ink.warn("problem: ") + problem + "\n";
  for (const PlanAnswer& answer : report.answers) {
    out += "\n" + ink.bold(title_of(answer)) + "\n" + plan_sentence(report, answer) + "\n\n";
    if (answer.best) write_costs(out, answer.evaluated[*answer.best].costs, ink);
    out += "\n";
    write_ranking(out, answer, ink);
    out += ink.dim(fmt::format("{} candidates, {} simulated in {} runs\n", answer.candidates, answer.evaluated.size(),
                               answer.simulations));
    for (const std::string& note : answer.notes) out += ink.warn("note: ") + note + "\n";
  }
  return out;
}

}  // namespace cleave

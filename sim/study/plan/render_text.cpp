#include <fmt/format.h>

#include "sim/report/humanise.h"
#include "sim/report/text_table.h"
#include "sim/study/plan/render.h"

namespace cleave {
namespace {

std::string title(const PlanAnswer& answer) {
  std::string text = answer.mix.empty() ? "" : answer.mix + ", ";
  return text + "prices " + answer.prices + (answer.prices_date.empty() ? "" : " (" + answer.prices_date + ")");
}

void write_costs(std::string& out, const PlanCandidate& best, const Ink& ink) {
  TextTable table({"pool", "hardware", "accel.", "busy", "power", "cost/h"}, 2);
  for (const PoolCost& pool : best.costs.pools) {
    table.add({pool.pool, pool.hardware, std::to_string(pool.accelerators), human::percent(pool.utilisation),
               fmt::format("{:.1f} kW", pool.watts / 1000), human::usd(pool.price)});
  }
  table.write(out, ink);
  out += fmt::format("{} a million prompt tokens, {} a million output tokens; {:.1f} kW mean, {}/h of power {}\n",
                     money(best.costs.per_mtok_input), money(best.costs.per_mtok_output), best.costs.watts / 1000,
                     human::usd(best.costs.power_per_hour), best.costs.power_included ? "in the price" : "on top");
}

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

std::string money(const std::optional<double>& usd) {
  return usd ? human::usd(*usd) : "-";
}

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
    out += "\n" + ink.bold(title(answer)) + "\n" + plan_sentence(report, answer) + "\n\n";
    if (answer.best) write_costs(out, answer.evaluated[*answer.best], ink);
    out += "\n";
    write_ranking(out, answer, ink);
    out += ink.dim(fmt::format("{} candidates, {} simulated in {} runs\n", answer.candidates, answer.evaluated.size(),
                               answer.simulations));
    for (const std::string& note : answer.notes) out += ink.warn("note: ") + note + "\n";
  }
  return out;
}

}  // namespace cleave

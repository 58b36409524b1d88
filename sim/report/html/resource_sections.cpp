// What the run used: the network and the money.

#include <fmt/format.h>

#include <algorithm>

#include "sim/report/economics.h"
#include "sim/report/html/cost_table.h"
#include "sim/report/html/markup.h"
#include "sim/report/html/sections.h"
#include "sim/report/html/widgets.h"
#include "sim/report/humanise.h"

namespace cleave::html {
namespace {

void add_link_row(std::string& out, const LinkClassFacts& links, double most) {
  out += fmt::format("<tr><th>{}</th><td>{}</td><td>{}/s</td>", escape(links.name), links.links,
                     human::bytes(links.bandwidth.value()));
  out += fmt::format("<td>{}</td><td class=\"meter\">{}</td>", human::bytes(links.bytes),
                     bar({{most > 0 ? links.bytes / most : 0, 0, human::bytes(links.bytes)}}));
  out += fmt::format("<td>{}</td><td class=\"meter\">{}</td><td class=\"l\">{}</td></tr>\n",
                     escape(human::percent(links.peak_utilisation)),
                     bar({{links.peak_utilisation, links.peak_utilisation > 0.9 ? 4 : 1, "peak use"}}),
                     escape(links.bottleneck.empty() ? "\u2013" : links.bottleneck));
}

void add_pool_row(std::string& out, const PoolFacts& pool, const RunFacts& facts, double dearest) {
  const auto cost = cost_of(pool, facts.simulated);
  const double busy = std::clamp(utilisation_of(pool, facts.simulated).value_or(0), 0.0, 1.0);
  const double share = cost && dearest > 0 ? cost->value() / dearest : 0;
  out += fmt::format("<tr><th>{}</th><td class=\"l\">{} {}</td><td>{}</td><td>{}</td>", escape(pool.name),
                     pool.accelerators, escape(pool.hardware), pool.price ? human::usd(pool.price->value()) : "\u2013",
                     shown(utilisation_of(pool, facts.simulated), human::percent));
  out += fmt::format("<td class=\"meter\">{}</td><td>{}</td><td>{}</td></tr>\n",
                     bar({{share * busy, 2, "busy"}, {share * (1 - busy), 5, "idle"}}),
                     cost ? human::usd(cost->value() * (1 - busy)) : "\u2013",
                     cost ? human::usd(cost->value()) : "\u2013");
}

std::string running_row(const char* name, const char* what, double per_hour, Duration simulated) {
  if (per_hour <= 0) return {};
  return fmt::format(
      "<tr><th>{}</th><td class=\"l\">{}</td><td></td><td></td><td class=\"meter\"></td><td></td><td>{}</td></tr>\n",
      name, what, human::usd(cost_of(UsdPerHour{per_hour}, simulated).value()));
}

/// What a price list adds to accelerators and storage.
std::string running_rows(const ClusterCosts& costs, Duration simulated) {
  return running_row("egress", "between regions", costs.egress_per_hour, simulated) +
         running_row("power", "on top of the price", costs.power_included ? 0 : costs.power_per_hour, simulated);
}

/// Power, egress and tokens, as a price list prices them.
std::string listed_costs(const RunFacts& facts) {
  if (!facts.costs) {
    return "<p class=\"hint after\">Name a price list in the scenario (<code>prices</code>) for power, egress and the "
           "cost of input and output tokens.</p>\n";
  }
  const ListedCosts& listed = *facts.costs;
  return fmt::format(
             "<h3>An hour by the prices of {}, {}</h3>\n<p class=\"hint\">{}. Costs by other lists do not "
             "compare.</p>\n",
             escape(listed.list), escape(listed.date), escape(listed.description)) +
         cost_table(listed.costs);
}

}  // namespace

std::string network_section(const ReportView& view) {
  if (view.facts.links.empty()) return {};
  double most = 0;
  for (const LinkClassFacts& links : view.facts.links) most = std::max(most, links.bytes);
  std::string rows;
  for (const LinkClassFacts& links : view.facts.links) add_link_row(rows, links, most);
  return section("Network",
                 "Bytes that crossed links of a kind, counted once though they pass a way out and a way in. Peak use "
                 "is the highest mean over one "
                 "sampling interval, of the busiest link.",
                 "<div class=\"scroll\"><table><thead><tr><th class=\"l\">links</th><th>number</th><th>bandwidth</th>"
                 "<th>moved</th><th class=\"meter\"></th><th>peak use</th><th class=\"meter\"></th><th "
                 "class=\"l\">busiest link</th></tr></thead>\n"
                 "<tbody>\n" +
                     rows + "</tbody></table></div>\n");
}

std::string money_section(const ReportView& view) {
  const RunFacts& facts = view.facts;
  double dearest = 0;
  for (const PoolFacts& pool : facts.pools) {
    if (const auto cost = cost_of(pool, facts.simulated)) dearest = std::max(dearest, cost->value());
  }
  if (dearest <= 0) return {};
  std::string rows;
  for (const PoolFacts& pool : facts.pools) add_pool_row(rows, pool, facts, dearest);
  const Usd storage = storage_cost(facts);
  if (storage > Usd{0}) {
    rows += fmt::format(
        "<tr><th>storage</th><td class=\"l\">rent and fees of tiers</td><td></td><td></td><td "
        "class=\"meter\"></td><td></td>"
        "<td>{}</td></tr>\n",
        human::usd(storage.value()));
  }
  if (facts.costs) rows += running_rows(facts.costs->costs, facts.simulated);
  const auto total = cost_of(facts);
  if (total) {
    rows += fmt::format(
        "<tr><th>total</th><td></td><td></td><td></td><td class=\"meter\"></td><td></td><td><b>{}</b></td></tr>\n",
        human::usd(total->value()));
  }
  const auto per_million = cost_per_million_tokens(facts, view.results.whole.tally.tokens.output);
  std::string hint = "Every accelerator of a pool is paid for the whole run, busy or idle.";
  if (per_million) {
    hint += fmt::format(" A million output tokens cost {}.", human::usd(per_million->value()));
  }
  return section(
      "Where the money went", hint,
      "<div class=\"scroll\"><table><thead><tr><th class=\"l\">pool</th><th class=\"l\">accelerators</th>"
      "<th>price, each/h</th><th>busy</th><th class=\"meter\"></th><th>of which idle</th><th>cost</th></tr></thead>\n"
      "<tbody>\n" +
          rows + "</tbody></table></div>\n" + legend({{2, "busy", ""}, {5, "idle", ""}}) + listed_costs(facts));
}

}  // namespace cleave::html

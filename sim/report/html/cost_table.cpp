#include "sim/report/html/cost_table.h"

#include <fmt/format.h>

#include "sim/report/costs_text.h"
#include "sim/report/html/markup.h"
#include "sim/report/humanise.h"

namespace cleave::html {

std::string kilowatts(double watts) {
  return fmt::format("{:.1f} kW", watts / 1000);
}

namespace {

std::string pool_row(const PoolCost& pool) {
  const std::string server = pool.power.server ? fmt::format(" + {:.0f}", *pool.power.server) : "";
  return fmt::format(
      "<tr><th>{}</th><td class=\"l\">{} {}</td><td>{}</td><td>{:.0f} / {:.0f}{} W</td><td>{}</td><td>{}</td>"
      "<td>{}</td><td>{}</td></tr>\n",
      escape(pool.pool), pool.accelerators, escape(pool.hardware), human::percent(pool.utilisation), pool.power.idle,
      pool.power.busy, server, kilowatts(pool.watts), human::usd(pool.price), money(pool.per_mtok_input),
      money(pool.per_mtok_output));
}

std::string storage_row(const StorageCost& tier) {
  const std::string fees = tier.fees > 0 ? fmt::format(", {} of it fees", human::usd(tier.fees)) : "";
  return fmt::format(
      "<tr><th>{}</th><td class=\"l\">{} {}{}</td><td></td><td></td><td></td><td>{}</td><td></td><td></td></tr>\n",
      escape(tier.tier), human::bytes(static_cast<double>(tier.capacity.value())), escape(tier.medium), escape(fees),
      human::usd(tier.rent + tier.fees));
}

}  // namespace

std::string cost_table(const ClusterCosts& costs) {
  std::string out =
      "<div class=\"scroll\"><table><thead><tr><th class=\"l\">pool</th><th class=\"l\">hardware</th><th>busy</th>"
      "<th>idle / busy, each</th><th>power</th><th>cost/h</th><th>$/Mtok in</th><th>$/Mtok out</th></tr></thead>"
      "<tbody>\n";
  for (const PoolCost& pool : costs.pools) out += pool_row(pool);
  for (const StorageCost& tier : costs.storage) out += storage_row(tier);
  if (costs.egress_per_hour > 0) {
    out += fmt::format(
        "<tr><th>egress</th><td class=\"l\">between regions</td><td></td><td></td><td></td><td>{}</td><td></td>"
        "<td></td></tr>\n",
        human::usd(costs.egress_per_hour));
  }
  out += fmt::format(
      "<tr><th>total</th><td "
      "class=\"l\">{}</td><td></td><td></td><td><b>{}</b></td><td><b>{}</b></td><td><b>{}</b></td>"
      "<td><b>{}</b></td></tr>\n",
      costs.power_included ? "" : escape("with power, " + human::usd(costs.power_per_hour) + "/h"),
      kilowatts(costs.watts), human::usd(costs.total_per_hour), money(costs.per_mtok_input),
      money(costs.per_mtok_output));
  return out +
         "</tbody></table></div>\n<p class=\"hint after\">Power: an accelerator idle and busy, plus its share of the "
         "server; the mean is by time, with the facility's overhead. Storage and egress count as input, as they save "
         "computing prompts.</p>\n";
}

}  // namespace cleave::html

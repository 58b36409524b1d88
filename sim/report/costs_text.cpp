#include "sim/report/costs_text.h"

#include <fmt/format.h>

#include "sim/report/humanise.h"

namespace cleave {

std::string money(const std::optional<double>& usd) {
  return usd ? human::usd(*usd) : "-";
}

void write_costs(std::string& out, const ClusterCosts& costs, const Ink& ink) {
  TextTable table({"pool", "hardware", "accel.", "busy", "power", "cost/h", "$/Mtok in", "$/Mtok out"}, 2);
  for (const PoolCost& pool : costs.pools) {
    table.add({pool.pool, pool.hardware, std::to_string(pool.accelerators), human::percent(pool.utilisation),
               fmt::format("{:.1f} kW", pool.watts / 1000), human::usd(pool.price), money(pool.per_mtok_input),
               money(pool.per_mtok_output)});
  }
  table.write(out, ink);
  if (!costs.storage.empty()) {
    TextTable storage({"storage", "medium", "capacity", "rent/h", "fees/h"}, 2);
    for (const StorageCost& tier : costs.storage) {
      storage.add({tier.tier, tier.medium, human::bytes(static_cast<double>(tier.capacity.value())),
                   human::usd(tier.rent), human::usd(tier.fees)});
    }
    storage.write(out, ink);
  }
  if (costs.egress_per_hour > 0)
    out += fmt::format("{}/h for traffic between regions\n", human::usd(costs.egress_per_hour));
  out += fmt::format("{} a million prompt tokens, {} a million output tokens; {:.1f} kW mean, {}/h of power {}\n",
                     money(costs.per_mtok_input), money(costs.per_mtok_output), costs.watts / 1000,
                     human::usd(costs.power_per_hour), costs.power_included ? "in the price" : "on top");
}

}  // namespace cleave

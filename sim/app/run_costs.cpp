#include "sim/app/run_costs.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "sim/report/economics.h"
#include "sim/scenario/param_names.h"
#include "sim/study/plan/costs.h"

namespace cleave {
namespace {

PlanChoice choice_of(const PoolPlan& pool) {
  PlanChoice choice;
  choice.pool = pool.params->name;
  choice.role = name_of(pool.params->role);
  choice.hardware = pool.device->name;
  choice.tp = pool.layout.tp;
  choice.pp = pool.layout.pp;
  choice.cp = pool.layout.cp;
  choice.price = pool.price->value();
  choice.rated_power = pool.device->power.value.value();
  return choice;
}

/// The list with the tiers that it lacks at no cost, which is told.
PriceList covering(PriceList prices, const Scenario& scenario, RunFacts& facts) {
  for (const TierParams& tier : scenario.tiers) {
    if (!prices.tiers.try_emplace(tier.medium).second) continue;
    facts.warnings.push_back(fmt::format("tier {}: {} has no price in {}: its rent and fees are left out", tier.name,
                                         tier.medium, prices.name));
  }
  return prices;
}

void warn_of_servers(RunFacts& facts, const std::vector<PoolPlan>& pools, const PriceList& prices) {
  std::set<std::string> lacking;
  for (const PoolPlan& pool : pools) {
    if (!prices.power.host.contains(pool.device->name)) lacking.insert(pool.device->name);
  }
  for (const std::string& hardware : lacking) {
    facts.warnings.push_back(
        fmt::format("{} does not say what the servers around {} draw: their power is left out", prices.name, hardware));
  }
}

OptionStorage storage_of(const Simulation& simulation, const Catalogue& catalogue, const PriceList& prices) {
  return {option_tiers(simulation.scenario(), catalogue, prices), [&](const Counts&) {
            std::vector<std::size_t> instances;
            for (const TierPlaces& places : simulation.platform().tiers) instances.push_back(places.instances.size());
            return instances;
          }};
}

}  // namespace

void add_listed_costs(RunFacts& facts, const std::string& summary, const Simulation& simulation,
                      const Catalogue& catalogue, const PriceList& prices) {
  const std::vector<PoolPlan>& pools = simulation.pools();
  if (std::any_of(pools.begin(), pools.end(), [](const PoolPlan& pool) { return !pool.price; })) return;
  PlanOption option;
  Counts counts;
  std::vector<ReplicaCapacity> capacities;
  const PilotLoad load = pilot_load(summary, simulation.scenario());
  for (const PoolPlan& pool : pools) {
    option.pools.push_back(choice_of(pool));
    counts.push_back(pool.params->replicas);
    capacities.push_back(capacity_of(pool, load));
  }
  warn_of_servers(facts, pools, prices);
  const PriceList all = covering(prices, simulation.scenario(), facts);
  const OptionStorage storage = storage_of(simulation, catalogue, all);
  const auto accelerators = static_cast<std::uint32_t>(accelerators_of(facts));
  if (const auto lacking = storage.shortage(counts, accelerators)) {
    facts.warnings.push_back(fmt::format("{}, by {}", *lacking, prices.name));
  }
  facts.costs = ListedCosts{prices.name, prices.date, prices.description,
                            costs_of({option, counts, all, capacities, storage}, {summary})};
  for (const PoolPlan& pool : pools) {
    if (!pool.params->price) continue;
    facts.costs->priced_by_scenario.push_back(pool.params->name);
    facts.warnings.push_back(fmt::format("pool {}: its accelerators have the scenario's price, not that of {}",
                                         pool.params->name, prices.name));
  }
}

}  // namespace cleave

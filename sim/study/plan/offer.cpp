#include "sim/study/plan/offer.h"

#include <fmt/format.h>

#include <utility>

#include "models/units/error.h"

namespace cleave {

Offer::Offer(const OfferContext& context, const PlanOption& option, ScenarioOf scenario_of, const PilotLoad& load)
    : context_(context), option_(option), scenario_of_(std::move(scenario_of)) {
  for (const PlanChoice& choice : option.pools) {
    group_.least.push_back(choice.params->replicas.from);
    group_.most.push_back(choice.params->replicas.to);
    group_.unit_cost.push_back(choice.price * choice.accelerators());
  }
  group_.bound = group_.least;
  try {
    read_option(load);
  } catch (const ConfigError& error) {
    impossible_ = error.what();
    capacities_.assign(option.pools.size(), {1, 1});
    group_.bound.assign(option.pools.size(), kNoReplicas);
  }
  group_.standing_cost = [this](const Counts& counts) { return storage_.rent_per_hour(counts); };
  group_.allowed = [this](const Counts& counts) { return within_limits(counts); };
}

void Offer::read_option(const PilotLoad& load) {
  const LoadedScenario loaded = scenario_of_(group_.least);
  storage_ = OptionStorage(
      option_tiers(loaded.scenario, context_.catalogue, context_.prices),
      [this](const Counts& counts) { return tier_instances(scenario_of_(counts).scenario, context_.catalogue); });
  for (const PoolPlan& pool : plan_pools(loaded.scenario, context_.catalogue)) {
    const PlanChoice& choice = option_.pools[capacities_.size()];
    if (pool.accelerators() != choice.accelerators()) {
      throw ConfigError(
          fmt::format("pool {}: a replica has {} accelerators and {} are paid for: give tp, pp and cp of "
                      "the pool, not `parallel`",
                      choice.pool, pool.accelerators(), choice.accelerators()));
    }
    capacities_.push_back(capacity_of(pool, load));
  }
  if (auto short_of = storage_.shortage(group_.most, accelerators(group_.most))) throw ConfigError(*short_of);
  if (context_.plan.objective == PlanObjective::cheapest) group_.bound = bound_of(option_, capacities_, load);
}

std::uint32_t Offer::accelerators(const Counts& counts) const {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) sum += counts[i] * option_.pools[i].accelerators();
  return sum;
}

bool Offer::within_limits(const Counts& counts) const {
  double watts = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    watts += counts[i] * option_.pools[i].accelerators() * option_.pools[i].rated_power;
  }
  const PlanLimits& limits = context_.plan.limits;
  return (!limits.budget || cost_of(group_, counts) <= limits.budget->value()) &&
         (!limits.accelerators || accelerators(counts) <= *limits.accelerators) &&
         (!limits.power || watts <= limits.power->value()) && !storage_.shortage(counts, accelerators(counts));
}

}  // namespace cleave

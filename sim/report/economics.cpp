#include "sim/report/economics.h"

namespace cleave {

std::optional<double> utilisation_of(const PoolFacts& pool, Duration simulated) {
  if (simulated <= Duration::zero() || pool.replicas == 0) return std::nullopt;
  return to_seconds(pool.busy) / (to_seconds(simulated) * pool.replicas);
}

std::optional<Usd> cost_of(const PoolFacts& pool, Duration simulated) {
  if (!pool.price) return std::nullopt;
  return cost_of(*pool.price, simulated) * static_cast<double>(pool.accelerators);
}

Usd storage_cost(const RunFacts& facts) {
  if (facts.costs) return cost_of(UsdPerHour{facts.costs->costs.storage_per_hour}, facts.simulated);
  Usd sum;
  for (const StorageFacts& storage : facts.storage) {
    for (const NumberFact& number : storage.numbers) {
      if (number.name == "rent_usd" || number.name == "access_fees_usd") sum += Usd{number.value};
    }
  }
  return sum;
}

std::optional<Usd> cost_of(const RunFacts& facts) {
  if (facts.costs) return cost_of(UsdPerHour{facts.costs->costs.total_per_hour}, facts.simulated);
  Usd sum = storage_cost(facts);
  for (const PoolFacts& pool : facts.pools) {
    const auto cost = cost_of(pool, facts.simulated);
    if (!cost) return std::nullopt;
    sum += *cost;
  }
  return sum;
}

std::optional<Usd> cost_per_million_tokens(const RunFacts& facts, std::int64_t output_tokens) {
  const auto cost = cost_of(facts);
  if (!cost || output_tokens <= 0) return std::nullopt;
  return *cost * (1e6 / static_cast<double>(output_tokens));
}

std::uint64_t accelerators_of(const RunFacts& facts) {
  std::uint64_t sum = 0;
  for (const PoolFacts& pool : facts.pools) sum += pool.accelerators;
  return sum;
}

}  // namespace cleave

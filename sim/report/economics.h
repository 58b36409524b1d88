#pragma once
// Utilisation and money of pools, from a run's facts.

#include <cstdint>
#include <optional>

#include "models/units/units.h"
#include "sim/report/run_facts.h"

namespace cleave {

/// Share of its replicas' time that a pool spent in steps. Errors: nullopt for a run of no time or a pool of no
/// replica.
[[nodiscard]] std::optional<double> utilisation_of(const PoolFacts& pool, Duration simulated);

/// All accelerators of the pool, for the whole run. Errors: nullopt without a price.
[[nodiscard]] std::optional<Usd> cost_of(const PoolFacts& pool, Duration simulated);

/// Rent of all tiers for the whole run, and the fees of what was read and written. Tiers without a price cost nothing.
[[nodiscard]] Usd storage_cost(const RunFacts& facts);

/// Of all pools and tiers; by a price list also of egress, and of power where a price does not include it.
/// Errors: nullopt when any pool has no price.
[[nodiscard]] std::optional<Usd> cost_of(const RunFacts& facts);

/// Errors: nullopt without a cost or an output token.
[[nodiscard]] std::optional<Usd> cost_per_million_tokens(const RunFacts& facts, std::int64_t output_tokens);

[[nodiscard]] std::uint64_t accelerators_of(const RunFacts& facts);

}  // namespace cleave

#pragma once
// Tiers resolved against the catalogue.

#include <cstdint>
#include <optional>
#include <vector>

#include "models/hardware/tier.h"
#include "models/transfer/protocol.h"
#include "sim/cluster/fleet.h"
#include "sim/kv/tier/tier_store.h"
#include "sim/scenario/catalogue.h"
#include "sim/scenario/scenario.h"

namespace cleave {

/// One tier with what follows from it. Borrows from the catalogue and the scenario.
struct TierPlan {
  const TierParams* params = nullptr;
  const TierSpec* medium = nullptr;
  const CodecSpec* codec = nullptr;  // nullptr: kept as it is
  std::int64_t chunk_blocks = 1;     // blocks of one object
  Bytes object;                      // as it is kept
  Bytes raw_object;                  // before the codec
  std::int64_t capacity = 0;         // objects of one instance
};

/// Shape: one plan a tier, in the scenario's order. Objects have the size of the pools' largest KV.
/// Errors: ConfigError when a name is not in the catalogue, or an instance holds not even one object.
[[nodiscard]] std::vector<TierPlan> plan_tiers(const Scenario& scenario, const std::vector<PoolPlan>& pools,
                                               const Catalogue& catalogue);

/// What a store is made of.
[[nodiscard]] TierStoreParams store_params(const TierPlan& plan, const Scenario& scenario, Tokens block_size,
                                           std::uint64_t seed);

}  // namespace cleave
